"""One worker process holds as many replies at once as it is told to, whatever its HTTP client is used to."""

import uuid

import pytest
from celery import Celery

from parley.ids import uuid7
from tests.faults.conftest import assert_whole, question, until_settled
from tests.support.processes import until

pytestmark = pytest.mark.alone
REPLIES = 150
"""More than the hundred connections that HTTP clients open unless they are told otherwise."""
HELD_FOR = 10
"""Seconds that the provider waits before the first token of each."""
WAITING = {"status": "pending", "content": "", "html": "", "finish_reason": "", "attempt": 0, "worker": None,
           "settled_at": None, "started_at": None}  # fmt: skip


@pytest.fixture(scope="module")
def wide_stack(make_stack):
    """A product in which one person may have any number of replies at once."""
    stack = make_stack(conf={"MAX_PER_PERSON": 2 * REPLIES})
    yield stack
    for name in ("web", "worker"):
        stack.kill(name)


def quoted(row, **changes):
    return {f'"{column}"': value for column, value in {**row, **changes}.items()}


def ask_like(stack, conversation, asked):
    """Put a conversation like this one into the database for each question, and enqueue all; return their ids."""
    like = stack.db.one("SELECT * FROM parley_conversation WHERE id = ?", stack.db.key(conversation))
    text, answered = stack.db.messages(conversation)
    new = [[stack.db.key(uuid7()) for _ in range(3)] for _ in asked]
    stack.db.insert("parley_conversation", [quoted(like, id=pk, shown_id=None) for pk, _, _ in new])
    rows = [
        row
        for words, (pk, first, second) in zip(asked, new, strict=True)
        for row in (
            quoted(text, id=first, conversation_id=pk, content=words, idempotency_key=None),
            quoted(answered, id=second, conversation_id=pk, parent_id=first, **WAITING),
        )
    ]
    stack.db.insert("parley_message", rows)
    with Celery(broker=stack.valkey.url) as queue:
        for *_, reply in new:
            queue.send_task("parley.write_reply", [str(uuid.UUID(str(reply)))])
    return [pk for pk, *_ in new]


def done(stack):
    [row] = stack.db.query("SELECT count(*) AS number FROM parley_message WHERE role = 'assistant' AND status = 'done'")
    return row["number"]


def test_one_worker_writes_more_replies_at_once_than_a_client_has_connections(wide_stack):
    first = wide_stack.person().start(question(1))
    until_settled(wide_stack, first)
    wide_stack.provider.clear()
    asked = [question(20, at=50, after=HELD_FOR) for _ in range(REPLIES)]
    conversations = ask_like(wide_stack, first, asked)
    until(lambda: done(wide_stack) == REPLIES + 1, 40, "Not all are done", every=0.5)
    for words, conversation in zip(asked, conversations, strict=True):
        assert_whole(wide_stack.db.reply(str(conversation)), words)
    requests = wide_stack.provider.completions
    assert len(requests) == REPLIES
    assert max(request.started for request in requests) < min(request.ended for request in requests)
