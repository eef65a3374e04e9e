"""The one way to a job that waits: whichever verb leads there, some worker is told once, after the commit."""

import base64
import json

import pytest
from django.db import transaction

from parley.models import Conversation, DuplicateQuestion, Message, Transfer
from parley.models.admission import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(django_user_model):
    return django_user_model.objects.create_user("owner")


@pytest.fixture
def reply(owner):
    """A reply that failed after some words."""
    conversation = Conversation(owner=owner, title="Whales")
    conversation.save()
    question = conversation.messages.create(role="user", content="Are whales fish?")
    return conversation.messages.create(
        parent=question, role="assistant", status="failed", content="No", error="provider_down", attempt=1
    )


@pytest.fixture
def queue(empty_valkey):
    """A function: the (task, arguments) that wait for a worker, the oldest first."""

    def read():
        with empty_valkey.client() as client:
            sent = [json.loads(entry) for entry in reversed(client.lrange("celery", 0, -1))]
        return [(task["headers"]["task"], json.loads(base64.b64decode(task["body"]))[0]) for task in sent]

    return read


VERBS = {
    "start": lambda reply: Conversation.start(reply.conversation.owner, "Why?"),
    "ask": lambda reply: reply.conversation.ask("Why?"),
    "edit": lambda reply: reply.conversation.ask("Are whales mammals?", instead_of=reply.parent),
    "regenerate": lambda reply: reply.conversation.regenerate(reply, "gpt-y"),
    "retry": lambda reply: reply.retry(),
    "resume": lambda reply: reply.resume(),
    "export": lambda reply: Transfer.begin(reply.conversation.owner, "export"),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_verb_tells_one_worker_of_its_job_after_the_commit(reply, queue, verb):
    with transaction.atomic():
        verb(reply)
        assert queue() == []
    (reply_id,) = Message.objects.filter(status="pending").values_list("pk", flat=True) or [None]
    (transfer_id,) = Transfer.objects.filter(status="waiting").values_list("pk", flat=True) or [None]
    task = "parley.write_reply" if reply_id else "parley.run_transfer"
    assert queue() == [(task, [str(reply_id or transfer_id)])]


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nobody_is_told_of_what_was_rolled_back(reply, queue, verb):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        verb(reply)
        raise ZeroDivisionError
    assert queue() == []
    assert not Message.objects.unsettled().exists()


def test_nobody_is_told_twice(reply, queue):
    conversation, key = reply.conversation, reply.pk
    another = Message.objects.get(pk=reply.pk)
    assert [reply.retry(), another.retry(), another.resume()] == [True, False, False]
    conversation.ask("Why?", idempotency_key=key)
    with pytest.raises(DuplicateQuestion):
        conversation.ask("Why?", idempotency_key=key)
    assert conversation.regenerate(reply, "gpt-y") == conversation.regenerate(reply, "gpt-y")
    assert len(queue()) == 3


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nothing_is_left_of_a_job_that_is_refused(reply, queue, verb, monkeypatch):
    monkeypatch.setattr("parley.models.admission.may", lambda owner_id, kind: owner_id != reply.conversation.owner_id)
    with pytest.raises(Refused):
        verb(reply)
    assert queue() == []
    assert list(Conversation.objects.all()) == [reply.conversation]
    assert [message.status for message in Message.objects.order_by("id")] == ["done", "failed"]
    assert not Transfer.objects.exists()


def test_a_job_that_nobody_could_be_told_of_is_found_by_the_reaper(reply, valkey):
    valkey.kill()
    try:
        assert reply.retry()
    finally:
        valkey.start()
    assert list(Message.objects.lost()) == [reply]
