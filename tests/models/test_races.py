"""Many at once: whoever is second finds it done."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from parley.models import Conversation, DuplicateQuestion, Feed, Message
from tests.models.conftest import begun, put

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

CROWD = 8


def at_once(*actions):
    """The results of actions that begin at the same moment, each in a thread and on a connection of its own."""
    barrier = threading.Barrier(len(actions))

    def run(action):
        try:
            barrier.wait(10)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return [future.result(30) for future in [threads.submit(run, action) for action in actions]]


def everybody(action):
    return at_once(*[action] * CROWD)


def claimed(reply):
    """Whether a worker gets a reply, which it tries again while another claim of the same person is under way."""
    while (claim := Message.objects.claim([reply.pk], uuid4())).held:
        time.sleep(0.01)
    return bool(claim.begun)


def test_gives_a_reply_to_one_of_many_workers(reply):
    for _ in range(5):
        put(reply, status="pending", attempt=0)
        assert everybody(lambda: claimed(reply)).count(True) == 1
        reply.refresh_from_db()
        assert (reply.status, reply.attempt) == ("streaming", 1)


def test_keeps_the_limit_of_a_person_when_many_workers_come_at_once(owner):
    replies = [begun(owner).messages.get(role="assistant") for _ in range(CROWD)]
    won = at_once(*[lambda reply=reply: claimed(reply) for reply in replies])
    assert won.count(True) == 3
    assert Message.objects.filter(status="streaming").count() == 3


def test_begins_every_reply_where_a_transaction_waits_for_its_first_write(owner, stranger):
    """As SQLite has it unless it is told otherwise: who has read before they write is refused, however patient."""
    replies = [begun(person).messages.get(role="assistant") for person in (owner, stranger) * 3]

    def claim(reply):
        connection.ensure_connection()
        connection.transaction_mode = None
        return claimed(reply)

    for _ in range(5):
        Message.objects.filter(role="assistant").update(status="pending")
        assert all(at_once(*[lambda reply=reply: claim(reply) for reply in replies]))


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        ("streaming", lambda reply: reply.finish("text", finish_reason="stop", usage={})),
        ("streaming", lambda reply: reply.requeue(died=True)),
        ("streaming", lambda reply: reply.stop()),
        ("failed", lambda reply: reply.retry()),
    ],
)
def test_changes_a_state_once(reply, status, verb):
    put(reply, status=status, attempt=1)
    assert everybody(lambda: verb(Message.objects.get(pk=reply.pk))).count(True) == 1


def test_either_finishes_or_stops(reply):
    put(reply, status="streaming", attempt=1)
    finished, stopped = at_once(
        lambda: Message.objects.get(pk=reply.pk).finish("text", finish_reason="stop", usage={}),
        lambda: Message.objects.get(pk=reply.pk).stop(),
    )
    reply.refresh_from_db()
    assert finished is not stopped
    assert reply.status == ("done" if finished else "stopped")


def test_numbers_changes_without_a_gap_or_a_double(owner):
    versions = everybody(lambda: Feed.advance(owner.pk))
    assert sorted(versions) == list(range(1, CROWD + 1))


def test_asks_once_when_a_form_comes_many_times_at_once(conversation):
    key = uuid4()

    def ask():
        try:
            return Conversation.objects.get(pk=conversation.pk).ask("next", idempotency_key=key)[0].pk
        except DuplicateQuestion as again:
            return again.question.pk

    assert len(set(everybody(ask))) == 1
    assert conversation.messages.count() == 4


def test_starts_once_when_a_form_comes_many_times_at_once(owner):
    key = uuid4()

    def start():
        try:
            return Conversation.start(owner, "first", idempotency_key=key)[0].pk
        except DuplicateQuestion as again:
            return again.question.conversation_id

    assert len(set(everybody(start))) == 1
    assert (owner.conversations.count(), Message.objects.count()) == (1, 2)


def test_makes_one_line_of_questions_that_come_at_once(owner, conversation):
    everybody(lambda: Conversation.objects.get(pk=conversation.pk).ask("next"))
    messages = conversation.transcript()
    assert len(messages) == 2 + 2 * CROWD == conversation.messages.count()
    assert [message.role for message in messages] == ["user", "assistant"] * (1 + CROWD)
