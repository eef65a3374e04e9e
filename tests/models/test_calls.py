"""What providers were asked, and what it cost, is kept: for each call, whatever becomes of the reply."""

import asyncio
import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import AsyncMock, Mock
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parley.conf import conf
from parley.generation import announcer, engine, ledger
from parley.generation.outcome import Outcome
from parley.generation.reaper import Reaper
from parley.generation.worker import Loop
from parley.models import Call, Conversation, Message, Price, message, reply_claimed, reply_settled
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
    assert (call.completion_tokens, call.reasoning_tokens, call.estimated) == (7, 3, False)
    assert call.cost == call.provider_cost == Decimal("0.00012345")
    assert (call.outcome, call.error) == ("done", "")
    assert call.first_token_ms == pytest.approx((call.first_token_at - call.started_at).total_seconds() * 1000, abs=1)
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


def test_costs_what_our_price_says_and_keeps_what_the_provider_says(reply):
    Price.objects.create(model=reply.conversation.effective_model, input=1, output=2)
    written = writing(reply, usage=USAGE)
    with CaptureQueriesContext(connection) as captured:
        assert engine.settle(written, Outcome("done"))
    assert sum('"parley_price"' in query["sql"] or " parley_price " in query["sql"] for query in captured) == 1
    call = Call.objects.get()
    assert (call.cost, call.provider_cost) == (Decimal("0.000104"), Decimal("0.00012345"))
    assert call.is_disputed
    Price.objects.update(input=5)
    assert Call.objects.get().cost == Decimal("0.000104")


@pytest.mark.parametrize("outcome", ["stopped", "interrupted", "lost", "done"])
def test_estimates_what_nobody_has_counted(reply, outcome):
    Price.objects.create(model="*", input=1, output=2)
    written = writing(reply, "so far, so good")
    sent = sum(len(message["content"]) for message in written.request.messages)
    engine.settle(written, Outcome(outcome))
    call = Call.objects.get()
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (-(-sent // 4), 4, True)
    assert call.cost == (call.prompt_tokens + 8) / Decimal(1_000_000)


def test_counts_nothing_of_what_failed_before_it_said_anything(reply):
    written = writing(reply, "")
    engine.settle(written, Outcome("failed", "unauthorized"))
    call = Call.objects.get()
    assert (call.prompt_tokens, call.completion_tokens, call.estimated, call.cost) == (None, None, False, None)


def test_counts_only_what_is_new_in_an_answer_that_is_continued(reply):
    put(reply, content="It is a talk.")
    written = writing(reply, " Between enemies.")
    engine.settle(written, Outcome("stopped"))
    assert Call.objects.get().completion_tokens == 5


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-11-30"), ("Pacific/Auckland", "2026-12-01")])
def test_has_the_day_of_the_site(reply, settings, zone, day):
    settings.TIME_ZONE = zone
    at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert str(ledger.begin(reply, reply.provider, started_at=at).day) == day


def test_keeps_the_call_that_tests_a_connection(owner, settings):
    provider = replace(conf.provider, name="Gateway", slug="gateway")
    Price.objects.create(connection="gateway", model="gpt-x", input=1, output=1)
    call = ledger.begin_test(owner.pk, provider, "gpt-x")
    call.end("done", prompt_tokens=10, completion_tokens=5)
    ledger.record_test(call)
    call = Call.objects.get()
    assert (call.connection, call.provider, call.model, call.owner) == ("gateway", "Gateway", "gpt-x", owner)
    assert (call.reply_id, call.cost, call.purpose) == (None, Decimal("0.000015"), "test")


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
    assert (call.completion_tokens, call.estimated) == (None, False)
    assert engine.reclaim(*written.as_it_is)
    assert engine.settle(written, Outcome("done"))
    assert Call.objects.get().outcome == "done"


def test_estimates_what_a_worker_that_died_had_written(reply):
    written = writing(reply)
    put(written.reply, content="so far", reasoning="Hm.")
    Reaper().recover([Message.objects.get(pk=reply.pk)])
    call = Call.objects.get()
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (None, 3, True)


def test_takes_the_word_of_a_worker_over_that_of_a_reaper_which_comes_late(reply):
    written = writing(reply)
    stale = Message.objects.get(pk=reply.pk)
    assert engine.settle(written, Outcome("done"))
    put(stale, status="streaming")
    Reaper().recover([stale])
    assert Call.objects.get().outcome == "done"


def test_outlives_message_conversation_and_person(reply, owner, stranger):
    engine.settle(writing(reply, usage=USAGE), Outcome("done"))
    Message.objects.all().delete()
    Conversation.objects.all().delete()
    assert (Call.objects.get().reply_id, Call.objects.get().owner_name) == (reply.pk, "")
    stranger.delete()
    assert Call.objects.get().owner == owner
    type(owner).objects.filter(pk=owner.pk).delete()
    call = Call.objects.get()
    assert (call.owner_id, call.owner_name, call.prompt_tokens) == (None, "owner", 90)


def test_is_named_when_the_feed_is_locked_so_that_no_end_comes_between(reply, owner):
    """An end locks the feed first: it is whole before the name is written, or finds the person gone."""
    engine.settle(writing(reply), Outcome("done"))
    with CaptureQueriesContext(connection) as captured:
        owner.delete()
    statements = [query["sql"] for query in captured]
    locked = next(place for place, sql in enumerate(statements) if 'FROM "parley_feed"' in sql)
    named = next(place for place, sql in enumerate(statements) if sql.startswith('UPDATE "parley_call"'))
    assert locked < named
    assert ("FOR UPDATE" in statements[locked]) == connection.features.has_select_for_update


@pytest.mark.parametrize("outcome", ["done", "stopped", "failed", "handed over", "lost"])
@pytest.mark.parametrize("tries", [1, 2])
def test_keeps_the_call_of_a_person_who_is_deleted_in_mid_answer(reply, owner, outcome, tries):
    groups = [Group.objects.create(name=name) for name in "ab"]
    owner.groups.set(groups)
    written = writing(reply, usage=USAGE)
    for _ in range(1, tries):
        written.end_call("failed", "overloaded")
        call_for(written)
    owner.delete()
    noted = Call.objects.get()
    assert (noted.owner, noted.owner_name, noted.outcome, noted.prompt_tokens) == (None, "owner", "interrupted", None)
    assert (noted.model, noted.provider, noted.connection) == (reply.conversation.effective_model, "127.0.0.1:9", "")
    for _ in range(2):
        assert not engine.settle(written, Outcome(outcome))
    for number, call in enumerate(Call.objects.order_by("number"), 1):
        assert (call.number, call.owner_id, call.owner_name, call.prompt_tokens) == (number, None, "owner", 90)
        assert call.owner_groups == f",{groups[0].pk},{groups[1].pk},"
    assert Call.objects.count() == tries


@pytest.mark.parametrize("title", ["", "Whales"])
def test_keeps_the_call_for_a_title_of_a_person_who_is_deleted_meanwhile(reply, owner, title):
    engine.settle(writing(reply), Outcome("done"))
    call = ledger.begin(reply, reply.provider, purpose=Call.Purpose.TITLE)
    call.end("failed" if not title else "done", "" if title else "timeout", prompt_tokens=9)
    owner.delete()
    assert not ledger.title(reply.conversation, title, {"prompt_tokens": 9} if title else {}, call)
    kept = Call.objects.get(purpose="title")
    assert (kept.owner, kept.owner_name, kept.prompt_tokens) == (None, "owner", 9)


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
