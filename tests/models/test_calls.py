"""What providers were asked, and what it cost, is kept: for each call, whatever becomes of the reply."""

import asyncio
import logging
import threading
from datetime import timedelta
from decimal import Decimal
from unittest.mock import AsyncMock, Mock
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parley.generation import announcer, engine, ledger
from parley.generation.outcome import Outcome
from parley.generation.reaper import Reaper
from parley.generation.worker import Loop
from parley.models import Call, Conversation, Message, message, reply_claimed, reply_settled
from tests.models.conftest import begun, put

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

USAGE = {
    "prompt_tokens": 90,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 3},
    "cost": 0.00012345,
}


def writing(reply, text="so far", usage=None):
    """A reply of which a provider has been asked, and has told a text."""
    [written] = engine.begin([reply.pk], uuid4()).values()
    call_for(written)
    written.answer.add({"choices": [{"delta": {"content": text}}]})
    if usage:
        written.answer.add({"choices": [], "usage": usage})
    written.note_time(0)
    return written


def call_for(written):
    written.calls.append(ledger.begin(written.reply, written.provider, number=len(written.calls) + 1))


def test_keeps_what_an_answer_cost_in_all_its_parts(reply, settings):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": "https://name:word@api.example.com:8080/v1"}
    written = writing(reply, usage=USAGE)
    assert engine.settle(written, Outcome("done"))
    call = Call.objects.get()
    assert (call.provider, call.model, call.purpose) == ("api.example.com:8080", written.reply.model, "answer")
    assert (call.reply, call.owner, call.attempt, call.number) == (reply, reply.conversation.owner, 1, 1)
    assert (call.prompt_tokens, call.cached_tokens, call.cache_write_tokens) == (90, 64, 8)
    assert (call.completion_tokens, call.reasoning_tokens, call.cost) == (7, 3, Decimal("0.00012345"))
    assert (call.outcome, call.error) == ("done", "")
    assert call.started_at <= call.first_token_at <= call.ended_at < call.started_at + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (Outcome("stopped"), ("stopped", "")),
        (Outcome("failed", "provider_down"), ("failed", "provider_down")),
        (Outcome("interrupted", "cut"), ("interrupted", "cut")),
        (Outcome("handed over"), ("interrupted", "worker_gone")),
        (Outcome("lost"), ("interrupted", "worker_gone")),
    ],
    ids=lambda value: getattr(value, "status", ""),
)
def test_keeps_the_call_whatever_becomes_of_the_reply(reply, outcome, kept):
    written = writing(reply, usage=USAGE)
    engine.settle(written, outcome)
    call = Call.objects.get()
    assert (call.outcome, call.error, call.prompt_tokens) == (*kept, 90)


def test_keeps_it_where_the_reply_is_asked_for_again_meanwhile(reply):
    written = writing(reply)
    assert Message.objects.get(pk=reply.pk).stop()
    assert Message.objects.get(pk=reply.pk).retry()
    assert not engine.settle(written, Outcome("stopped"))
    assert engine.settle(writing(reply), Outcome("done"))
    assert list(Call.objects.order_by("attempt").values_list("outcome", flat=True)) == ["stopped", "done"]


def test_keeps_each_try_of_an_attempt(reply):
    written = writing(reply)
    written.end_call("failed", "overloaded")
    call_for(written)
    assert engine.settle(written, Outcome("done"))
    assert list(Call.objects.order_by("number").values_list("number", "outcome")) == [(1, "failed"), (2, "done")]


def test_keeps_nothing_where_nobody_was_asked(reply):
    [written] = engine.begin([reply.pk], uuid4()).values()
    assert engine.settle(written, Outcome("failed", "model_not_allowed"))
    assert not Call.objects.exists()


def test_costs_one_statement_in_the_transaction_of_the_end(reply, written):
    ended = writing(reply)
    with written() as writes:
        assert engine.settle(ended, Outcome("done"))
    assert len(writes) == 3


def test_renders_nothing_while_others_may_wait_for_the_transaction(reply, monkeypatch):
    ended, inside = writing(reply), []
    render = message.markdown.render
    monkeypatch.setattr(
        message.markdown, "render", lambda text: inside.append(connection.in_atomic_block) or render(text)
    )
    assert engine.settle(ended, Outcome("done"))
    assert inside == [False]


def test_writes_the_end_again_whose_commit_was_not_heard_of(reply):
    """As where the database goes away in its midst; nothing is told twice."""
    ended = writing(reply)
    ended.answer.add({"choices": [{"delta": {"reasoning_content": "Hm."}}]})
    assert engine.settle(ended, Outcome("done"))
    assert not engine.settle(ended, Outcome("done"))
    assert (Call.objects.count(), Message.objects.get(pk=reply.pk).reasoning) == (1, "Hm.")


def test_notes_the_call_of_a_worker_that_died(reply):
    """It may have asked; who asked and lives after all, knows it better."""
    written = writing(reply)
    Reaper().recover([Message.objects.get(pk=reply.pk)])
    call = Call.objects.get()
    assert (call.outcome, call.error, call.first_token_at) == ("interrupted", "worker_gone", None)
    assert call.started_at == written.reply.started_at
    assert engine.reclaim(*written.as_it_is)
    assert engine.settle(written, Outcome("done"))
    assert Call.objects.get().outcome == "done"


def test_takes_the_word_of_a_worker_over_that_of_a_reaper_which_comes_late(reply):
    written = writing(reply)
    stale = Message.objects.get(pk=reply.pk)
    assert engine.settle(written, Outcome("done"))
    put(stale, status="streaming")
    Reaper().recover([stale])
    assert Call.objects.get().outcome == "done"


def test_outlives_message_and_conversation_and_goes_with_the_person(reply, owner):
    engine.settle(writing(reply), Outcome("done"))
    Message.objects.all().delete()
    Conversation.objects.all().delete()
    assert Call.objects.get().reply_id == reply.pk
    owner.delete()
    assert not Call.objects.exists()


def test_goes_after_the_feed_so_that_no_end_comes_between(reply, owner):
    """An end locks the feed first: it is whole before the calls are deleted, or finds the person gone."""
    engine.settle(writing(reply), Outcome("done"))
    with CaptureQueriesContext(connection) as captured:
        owner.delete()
    deleted = [query["sql"].split('"')[1] for query in captured if query["sql"].startswith("DELETE")]
    assert deleted.index("parley_feed") < deleted.index("parley_call")


@pytest.mark.parametrize("outcome", ["done", "stopped", "failed", "handed over"])
def test_keeps_nothing_of_a_person_who_was_deleted(reply, owner, outcome):
    written = writing(reply)
    owner.delete()
    assert not engine.settle(written, Outcome(outcome))
    assert not Call.objects.exists()


def test_keeps_no_title_that_failed_of_a_person_who_was_deleted(reply, owner):
    call = ledger.begin(reply, reply.provider, purpose=Call.Purpose.TITLE)
    call.end("failed", "timeout")
    owner.delete()
    assert not ledger.title(reply.conversation, "", {}, call)
    assert not Call.objects.exists()


# Signals


@pytest.fixture
def heard():
    """A function that waits for what the signals of a block have told, as (signal, facts, name of the thread)."""
    sent, came = [], threading.Semaphore(0)

    def claimed(**facts):
        note("claimed", facts)

    def settled(**facts):
        note("settled", facts)

    def note(name, facts):
        sent.append((name, facts, threading.current_thread().name))
        connection.close()
        came.release()

    def wait(count):
        for _ in range(count):
            assert came.acquire(timeout=20)
        return sent

    reply_claimed.connect(claimed)
    reply_settled.connect(settled)
    yield wait
    reply_claimed.disconnect(claimed)
    reply_settled.disconnect(settled)


def test_announces_the_end_of_a_reply_with_its_call(reply, heard):
    engine.settle(writing(reply, usage=USAGE), Outcome("done"))
    [(name, facts, thread)] = heard(1)
    assert (name, facts["sender"], facts["reply"], facts["reply"].status) == ("settled", Message, reply, "done")
    assert (facts["call"].cached_tokens, facts["call"].outcome) == (64, "done")
    assert thread == "parley-signals"


def test_announces_what_was_stopped_as_stopped(reply, heard):
    written = writing(reply)
    assert Message.objects.get(pk=reply.pk).stop()
    assert engine.settle(written, Outcome("stopped"))
    [(_, facts, _)] = heard(1)
    assert (facts["reply"].status, facts["reply"].content) == ("stopped", "so far")


def test_announces_the_replies_of_a_worker_that_died(owner, heard):
    """Not those that are written again by themselves: they are not settled."""
    sent, silent = (writing(begun(owner).messages.get(role="assistant")) for _ in range(2))
    put(sent.reply, content="so far")
    Reaper().recover(Message.objects.order_by("-pk").filter(role="assistant"))
    [(_, facts, _)] = heard(1)
    assert (facts["reply"], facts["call"].error) == (sent.reply, "worker_gone")
    assert Message.objects.get(pk=silent.reply.pk).status == "pending"


def test_harms_nobody_when_a_receiver_fails(reply, heard, caplog, monkeypatch):
    def broken(**facts):
        raise RuntimeError("A receiver's own mistake")

    monkeypatch.setattr(logging.getLogger("django"), "propagate", True)
    reply_settled.connect(broken)
    try:
        assert engine.settle(writing(reply), Outcome("done"))
        assert engine.settle(writing(begun(reply.conversation.owner).messages.get(role="assistant")), Outcome("done"))
        heard(2)
    finally:
        reply_settled.disconnect(broken)
    assert "A receiver's own mistake" in caplog.text


def test_waits_for_no_receiver_and_drops_what_too_many_wait_for(reply, monkeypatch, caplog):
    held, begun = threading.Event(), threading.Event()

    def slow(**facts):
        begun.set()
        held.wait(20)
        connection.close()

    monkeypatch.setattr("parley.generation.announcer.MAX_WAITING", 1)
    announce = announcer.Announcer()
    reply_settled.connect(slow)
    try:
        announce(reply_settled, reply=reply)
        assert begun.wait(10)
        announce(reply_settled, reply=reply)
        announce(reply_settled, reply=reply)
        assert caplog.text.count("too slow") == 1
    finally:
        held.set()
        reply_settled.disconnect(slow)


def test_lets_a_worker_end_when_receivers_have_heard_of_its_last_replies(reply, monkeypatch):
    """But not wait for one that hangs."""
    heard, held = [], threading.Event()

    def slow(reply, **_):
        held.wait(0.3)
        heard.append(reply)

    announce = announcer.Announcer()
    monkeypatch.setattr("parley.generation.worker.announce", announce)
    monkeypatch.setattr(Loop, "__init__", lambda self: setattr(self, "_heartbeat", Mock()))
    monkeypatch.setattr(Loop, "_deregister", Mock())
    monkeypatch.setattr(Loop, "_run", Mock())
    monkeypatch.setattr(Loop, "_stop", Mock())
    reply_settled.connect(slow)
    try:
        announce(reply_settled, reply=reply)
        announce.wait(0)
        assert heard == []
        Loop().end()
        assert heard == [reply]
    finally:
        held.set()
        reply_settled.disconnect(slow)


def test_the_loop_of_a_worker_has_stopped_when_it_has_ended(monkeypatch):
    """One that turns while Python ends may crash the process."""

    async def serve(loop):
        loop._serving = asyncio.current_task()
        loop._ready.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("parley.generation.worker.Heartbeat", Mock())
    monkeypatch.setattr(Loop, "_serve", serve)
    monkeypatch.setattr(Loop, "_deregister", AsyncMock())
    loop = Loop(Mock())
    assert loop._thread.is_alive()
    loop.end()
    assert not loop._thread.is_alive()
