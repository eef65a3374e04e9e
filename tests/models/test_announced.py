"""Signals of what people ask: after the commit, in order, and whatever receivers do."""

import logging

import pytest
from django.db import connection, transaction

from parley.ids import uuid7
from parley.models import Conversation, Message, conversation_started, question_asked
from parley.models.conversation import DuplicateQuestion

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard(dispatched):
    """The signals that came, each with its arguments and the number of replies that had been enqueued by then."""
    sent = []

    def started(sender, conversation, **_):
        sent.append(("started", sender, conversation, connection.in_atomic_block, len(dispatched)))

    def asked(sender, question, reply, **_):
        sent.append(("asked", sender, (question, reply), connection.in_atomic_block, len(dispatched)))

    conversation_started.connect(started)
    question_asked.connect(asked)
    yield sent
    conversation_started.disconnect(started)
    question_asked.disconnect(asked)


def test_says_that_a_conversation_has_started_and_what_was_asked(owner, heard):
    conversation, reply = Conversation.start(owner, "What is a parley?")
    question = conversation.messages.get(role="user")
    assert heard == [
        ("started", Conversation, conversation, False, 1),
        ("asked", Message, (question, reply), False, 1),
    ]
    assert (reply.status, question.content) == ("pending", "What is a parley?")


def test_says_what_was_asked_then_and_what_was_edited(owner, heard):
    conversation, _ = Conversation.start(owner, "What is a parley?")
    heard.clear()
    first = conversation.ask("And then?")
    second = conversation.ask("And now?", instead_of=first[0])
    assert [(name, what) for name, _, what, *_ in heard] == [("asked", first), ("asked", second)]


def test_says_nothing_of_what_was_rolled_back_or_asked_twice(owner, heard):
    with transaction.atomic():
        Conversation.start(owner, "What is a parley?")
        transaction.set_rollback(True)
    assert heard == []
    key = uuid7()
    conversation, _ = Conversation.start(owner, "What is a parley?", idempotency_key=key)
    heard.clear()
    with pytest.raises(DuplicateQuestion):
        conversation.ask("Again?", idempotency_key=key)
    assert heard == []


def test_says_nothing_of_another_answer_to_the_same_question(owner, heard):
    conversation, reply = Conversation.start(owner, "What is a parley?")
    Message.objects.filter(pk=reply.pk).update(status="failed")
    heard.clear()
    conversation.regenerate(Message.objects.get(pk=reply.pk))
    assert heard == []


def test_stops_nobody_when_a_receiver_fails(owner, heard, caplog, monkeypatch):
    def broken(**_):
        raise RuntimeError("A receiver's own mistake")

    monkeypatch.setattr(logging.getLogger("django"), "propagate", True)
    conversation_started.connect(broken)
    question_asked.connect(broken)
    try:
        conversation, _ = Conversation.start(owner, "What is a parley?")
    finally:
        conversation_started.disconnect(broken)
        question_asked.disconnect(broken)
    assert conversation.messages.count() == 2
    assert [name for name, *_ in heard] == ["started", "asked"]
    assert caplog.text.count("A receiver's own mistake") >= 2
