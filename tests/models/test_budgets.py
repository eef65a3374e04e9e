"""A budget is not overrun by any number at once, nothing stays held of what has ended, and what is spent is right."""

import asyncio
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.conf import conf
from parley.generation import engine, ledger, reserving, titles
from parley.generation.outcome import Outcome
from parley.generation.prompt import Request
from parley.generation.reaper import Reaper
from parley.models import Budget, Call, Conversation, Message, OverBudget, Price, budget, holding, recent, spending
from parley.models.budget import Reservation, Spending, amount_of, words_of, words_to_reader
from parley.models.holding import Need
from parley.models.shortage import Shortage
from tests.models.conftest import answered, begun, put, settle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

ONE = 6_000
"""Tokens: more than one answer may take, with its 4,000, and less than two."""
USAGE = {"prompt_tokens": 1000, "completion_tokens": 500}


def limited(limit=ONE, unit="tokens", **values):
    return Budget.objects.create(limit=limit, unit=unit, **values)


def waiting(owner):
    return begun(owner).messages.get(role="assistant")


def people(number):
    return [get_user_model().objects.create_user(f"person {n}") for n in range(number)]


def begin(*replies):
    """The writings of these replies, which were claimed together."""
    return [*engine.begin([reply.pk for reply in replies], uuid4()).values()]


def ask(written, usage=USAGE):
    """As if a provider were asked, and had answered."""
    written.calls.append(ledger.begin(written.reply, written.provider, number=len(written.calls) + 1))
    written.answer.add({"choices": [{"delta": {"content": "so far"}}]})
    written.answer.add({"choices": [], "usage": usage})
    return written


def totals():
    """(spent, held) of each spending."""
    return [*Spending.objects.order_by("id").values_list("spent", "held")]


def is_refused(written):
    return written.unasked is not None and (written.unasked.status, written.unasked.error) == ("failed", "over_budget")


# Holding


def test_lets_one_of_twenty_run_that_are_claimed_together():
    limited()
    written = begin(*(waiting(person) for person in people(20)))
    [runs] = [each for each in written if not is_refused(each)]
    [(spent, held)] = totals()
    assert spent == 0
    assert 4000 < held <= ONE
    for each in written:
        if each is not runs:
            assert engine.settle(each, each.unasked)
    assert engine.settle(ask(runs), Outcome("done"))
    assert totals() == [(1500, 0)]
    assert not Reservation.objects.exists()
    assert Call.objects.count() == 1


def test_lets_one_of_twenty_run_that_are_claimed_at_the_same_time():
    limited()
    replies = [waiting(person) for person in people(20)]

    def claim(reply):
        try:
            return [is_refused(each) for each in begin(reply)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        refused = [each for one in threads.map(claim, replies) for each in one]
    assert sorted(refused) == [False] + [True] * 19
    assert Reservation.objects.count() == 1


@pytest.mark.parametrize(("limit", "granted"), [(1000, 240), (100, 100), (1, 1)])
def test_holds_what_is_reserved_at_the_same_time_and_no_more(owner, limit, granted):
    """Of three budgets, two of which have enough for all."""
    each_of_them = [limited(10**6), limited(10**6, each=True), limited(limit)]
    spending.standing(owner)
    needs = [Need(owner.pk, (uuid4(), 1, "answer"), None, 1) for _ in range(240)]

    def reserve(need):
        try:
            return len(spending.reserve([need]))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        refused = sum(threads.map(reserve, needs))
    assert len(needs) - refused == granted
    assert totals() == [(0, granted)] * len(each_of_them)
    assert Reservation.objects.count() == granted * len(each_of_them)


CHUNK = {"choices": [{"delta": {"content": "ba "}}]}


@pytest.mark.parametrize(("limit", "whole"), [(81_000, 0), (170_000, 2), (10**6, 20)])
def test_ends_long_answers_where_the_budget_does(monkeypatch, limit, whole):
    """Twenty at once, each of nearly 12,000 tokens."""
    limited(limit)
    written = begin(*(waiting(person) for person in people(20)))
    asked, provided = {id(each.request): each for each in written}, Counter()

    async def stream(provider, request):
        for _ in range(238):
            yield [CHUNK] * 50
            provided[id(request)] += 50
            if (each := asked[id(request)]).needs_more:
                await sync_to_async(reserving.hold_more)([each])
        yield [{"choices": [{"delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": USED}]

    async def write_all():
        return await asyncio.gather(*(engine.write(each, lambda _: None, Random(1)) for each in written))

    USED = {"prompt_tokens": 10, "completion_tokens": 11_900}
    monkeypatch.setattr(engine.streaming, "stream", stream)
    outcomes = async_to_sync(write_all)()
    found = Counter((outcome.status, outcome.error) for outcome in outcomes)
    assert found["done", ""] == whole
    assert found.keys() <= {("done", ""), ("interrupted", "budget_used_up"), ("failed", "over_budget")}
    assert sum(provided.values()) <= limit
    assert sum(held for _, held in totals()) <= limit
    ended = [each for each, outcome in zip(written, outcomes, strict=True) if outcome.error == "budget_used_up"]
    for each, outcome in zip(written, outcomes, strict=True):
        assert engine.settle(each, outcome)
    [(spent, held)] = totals()
    assert (spent <= limit, held, Reservation.objects.count()) == (True, 0, 0)
    for each in ended:
        reply = Message.objects.get(pk=each.reply.pk)
        assert (reply.status, reply.content.count("ba"), reply.provider_words) == ("interrupted", each.allowance, "")
        assert "Nothing is left for the rest of this answer (the budget of this site for" in reply.error_sentence


def test_holds_no_more_for_what_has_ended_meanwhile(owner):
    limited(10 * ONE)
    [written] = begin(waiting(owner))
    assert engine.settle(ask(written), Outcome("done"))
    before = totals()
    reserving.hold_more([written])
    assert totals() == before
    assert not Reservation.objects.exists()


def test_trusts_a_limit_of_tokens_that_the_provider_was_given(owner):
    limited(10 * ONE)
    conversation = begun(owner)
    conversation.parameters = {"max_tokens": 300}
    conversation.save()
    [written] = begin(conversation.messages.get(role="assistant"))
    assert (written.step, written.needs_more) == (0, False)
    assert Spending.objects.get().held < 1000


OWN = "p-0123456789ab"


def test_counts_nothing_of_connections_that_people_pay_for_themselves_and_whose_words_are_theirs(owner):
    limited(Decimal(100), "cost")
    limited(ONE)
    begin(waiting(owner))
    before = totals()
    lie = Call.begin(owner_id=owner.pk, connection=OWN, model="m")
    lie.end("done", prompt_tokens=10**10, completion_tokens=1, provider_cost=Decimal(99_000_000))
    ledger.price([lie])
    Call.record([lie])
    assert totals() == before
    spending.reconcile()
    assert totals() == before


def test_neither_refuses_nor_holds_for_a_connection_of_ones_own(owner):
    limited(Decimal(1), "cost")
    reply, provider = waiting(owner), replace(conf.provider, slug=OWN)
    begin(waiting(owner))
    Spending.objects.update(spent=1)
    with pytest.raises(OverBudget):
        holding.refuse(owner.pk, lambda: "fake-1")
    holding.refuse(owner.pk, lambda: f"{OWN}::fake-1")
    assert reserving._needs([reserving._first(reply, provider, Request("fake-1", []))]) == []


def test_says_what_is_left_and_when_it_begins_anew(owner):
    limited(period="day")
    _, refused = begin(waiting(owner), waiting(owner))
    assert engine.settle(refused, refused.unasked)
    reply = Message.objects.get(pk=refused.reply.pk)
    left = ONE - Spending.objects.get().held
    assert reply.status == "failed"
    assert f"{left:,.0f} tokens (the budget of this site for everyone, per day)" in reply.error_sentence
    assert reply.provider_words == ""
    assert not Call.objects.filter(reply=reply).exists()
    assert Shortage.read(reply.error_detail).anew > str(timezone.localdate())


def test_holds_all_budgets_of_a_reply_or_none(owner):
    limited(10 * ONE)
    limited(ONE, person=owner, period="day")
    runs, refused = begin(waiting(owner), waiting(owner))
    assert (is_refused(runs), is_refused(refused)) == (False, True)
    assert Shortage.read(refused.unasked.detail).whose == ["person", "owner"]
    assert len({held for _, held in totals()}) == 1
    assert Reservation.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({}, [False, True, True]),
        ({"each": True}, [False, True, False]),
        ({"person": "owner"}, [False, True, False]),
        ({"group": "theirs"}, [False, True, False]),
        ({"group": "both"}, [False, True, True]),
        ({"group": "both", "each": True}, [False, True, False]),
        ({"hard": False}, [False, False, False]),
        ({"limit": 3 * ONE}, [False, False, False]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_limits_whom_it_is_for(owner, stranger, values, refused):
    groups = {name: Group.objects.create(name=name) for name in ("theirs", "both")}
    owner.groups.set(groups.values())
    stranger.groups.set([groups["both"]])
    named = {"person": owner, "group": groups.get(values.get("group"))}
    limited(**{**values, **{key: named[key] for key in values.keys() & named.keys()}})
    assert [is_refused(each) for each in begin(waiting(owner), waiting(owner), waiting(stranger))] == refused


def test_counts_a_lowered_limit_and_a_group_that_was_left_at_once(owner):
    group = Group.objects.create(name="any")
    owner.groups.add(group)
    of_group, of_all = limited(group=group), limited(10 * ONE)
    [first] = begin(waiting(owner))
    owner.groups.clear()
    [second], waits = begin(waiting(owner)), waiting(owner)
    of_all.limit = 1
    of_all.save()
    [third] = begin(waits)
    assert [is_refused(each) for each in (first, second, third)] == [False, False, True]
    of_group.delete()
    assert engine.settle(ask(first), Outcome("done"))


def test_takes_money_by_the_price_and_nothing_of_what_is_free(owner):
    price = Price.objects.create(model="fake-1", input=1000, output=1000)
    limited(5, "cost")
    first, second = begin(waiting(owner), waiting(owner))
    assert is_refused(second)
    assert 4 < Spending.objects.get().held < 5
    engine.settle(ask(first), Outcome("done"))
    assert totals() == [(Decimal("1.5"), 0)]
    Price.objects.filter(pk=price.pk).update(input=0, output=0)
    reserving._kept.clear()
    Spending.objects.update(spent=6)
    free, other = begin(waiting(owner), waiting(owner))
    assert not is_refused(free)
    assert not is_refused(other)


def test_money_limits_a_model_without_a_price_only_when_all_is_spent(owner):
    limited(5, "cost")
    [first] = begin(waiting(owner))
    assert not is_refused(first)
    engine.settle(ask(first, {**USAGE, "cost": 6}), Outcome("done"))
    assert totals() == [(6, 0)]
    with pytest.raises(OverBudget):
        waiting(owner)


def test_gives_replies_back_whose_budgets_are_locked(owner, monkeypatch):
    def locked(*args, **values):
        raise OperationalError("locked")

    limited()
    monkeypatch.setattr(spending, "reserve", locked)
    [written] = begin(waiting(owner))
    assert engine.settle(written, written.unasked)
    assert Message.objects.get(pk=written.reply.pk).status == "pending"


# Ends


@pytest.mark.parametrize("outcome", ["done", "stopped", "failed", "interrupted", "handed over", "lost"])
@pytest.mark.parametrize("asked", [True, False])
def test_holds_nothing_of_what_has_ended(owner, outcome, asked):
    limited()
    reply = waiting(owner)
    [written] = begin(reply)
    written = ask(written) if asked else written
    if outcome == "stopped":
        assert Message.objects.get(pk=reply.pk).stop()
    engine.settle(written, Outcome(outcome, "internal" if outcome == "failed" else ""))
    assert totals() == [(1500 if asked else 0, 0)]
    assert not Reservation.objects.exists()


def test_counts_an_end_once_that_is_written_twice(owner):
    limited()
    [written] = begin(waiting(owner))
    ask(written)
    assert engine.settle(written, Outcome("done"))
    engine.settle(written, Outcome("done"))
    assert totals() == [(1500, 0)]


def test_ends_a_reply_whatever_its_provider_counts(owner):
    limited()
    [written] = begin(waiting(owner))
    assert engine.settle(ask(written), Outcome("done"))
    holding.post(owner.pk, None, [holding.Entry(timezone.localdate(), Decimal(0), 2**54)])
    assert totals() == [(budget.LARGEST, 0)]
    Call.objects.update(prompt_tokens=2**53)
    spending.reconcile()
    assert totals() == [(budget.LARGEST, 0)]


@pytest.mark.parametrize("late", ["reaper", "worker"])
def test_counts_the_word_of_the_worker_and_not_of_the_reaper_as_well(owner, late):
    limited()
    [written] = begin(waiting(owner))
    ask(written)
    stale = put(written.reply, content="so far" * 10)
    if late == "worker":
        Reaper().recover([stale])
        assert totals() == [(15, 0)]
        assert engine.reclaim(*written.as_it_is)
        assert engine.settle(written, Outcome("done"))
    else:
        assert engine.settle(written, Outcome("done"))
        Reaper().recover([put(stale, status="streaming")])
    assert totals() == [(1500, 0)]


def test_counts_both_calls_of_a_reply_that_is_retried(owner):
    limited()
    [written] = begin(waiting(owner))
    assert engine.settle(ask(written), Outcome("failed", "provider_down"))
    reply = Message.objects.get(pk=written.reply.pk)
    assert reply.retry()
    [again] = begin(reply)
    assert engine.settle(ask(again), Outcome("done"))
    assert totals() == [(3000, 0)]
    assert Call.objects.count() == 2


@pytest.mark.parametrize("gone", ["reply", "person"])
def test_frees_within_a_minute_what_nobody_frees(owner, stranger, gone):
    """Of a reply that was deleted while its worker died; of a person, of whom no end is recorded."""
    limited()
    [written] = begin(waiting(owner))
    before = totals()
    if gone == "reply":
        Conversation.objects.all().delete()
    else:
        owner.delete()
        assert not engine.settle(written, Outcome("done"))
    Reaper().keep_budgets()
    assert totals() == before
    Reservation.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    Reaper().keep_budgets()
    assert totals() == [(0, 0)]
    assert begin(waiting(stranger))[0].unasked is None


def test_frees_nothing_of_what_runs(owner):
    limited()
    begin(waiting(owner))
    before = totals()
    Reservation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    Reaper().keep_budgets()
    assert totals() == before


def test_a_budget_may_be_deleted_while_a_reply_runs(owner):
    budgets = limited(), limited(10 * ONE)
    [written] = begin(waiting(owner))
    budgets[0].delete()
    assert engine.settle(ask(written), Outcome("done"))
    assert totals() == [(1500, 0)]


# Titles


def titled(owner, limit):
    limited(limit)
    conversation = answered(owner)
    reply = conversation.messages.get(role="assistant")
    _, request = titles.begin(reply.pk, "fake-1")
    return reply, request


def test_reserves_and_counts_a_title(owner):
    reply, request = titled(owner, ONE)
    assert reserving.affords_title(reply, reply.provider, request)
    assert 500 < Spending.objects.get().held < 1000
    call = ledger.begin(reply, reply.provider, purpose=Call.Purpose.TITLE, model=request.model)
    call.end("done", prompt_tokens=100, completion_tokens=5)
    assert ledger.title(reply.conversation, "Whales", {"prompt_tokens": 100}, call)
    assert totals() == [(105, 0)]


def test_leaves_a_title_out_where_too_little_is_left(owner):
    reply, request = titled(owner, 300)
    assert not reserving.affords_title(reply, reply.provider, request)
    assert totals() == [(0, 0)]


# Refusing beforehand


@pytest.fixture
def failed(owner):
    """A reply that failed after some words, of a person who may then ask no more."""
    conversation = settle(begun(owner), status="failed", content="No", error="provider_down", attempt=1)
    limited()
    spending.reserve([Need(owner.pk, (uuid4(), 1, "answer"), None, ONE - 100)])
    return conversation.messages.get(role="assistant")


VERBS = {
    "start": lambda reply: Conversation.start(reply.conversation.owner, "Why?"),
    "ask": lambda reply: reply.conversation.ask("Why?"),
    "edit": lambda reply: reply.conversation.ask("Are whales mammals?", instead_of=reply.parent),
    "regenerate": lambda reply: reply.conversation.regenerate(reply, "gpt-y"),
    "retry": lambda reply: reply.retry(),
    "resume": lambda reply: reply.resume(),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_refuses_every_way_to_ask_where_too_little_is_left(failed, dispatched, verb):
    dispatched.clear()
    with pytest.raises(OverBudget) as refused:
        verb(failed)
    assert "100 tokens (the budget of this site for everyone, per month)" in refused.value.sentence
    assert [message.status for message in Message.objects.order_by("id")] == ["done", "failed"]
    assert dispatched == []


@pytest.mark.parametrize(("free", "refused"), [(True, False), (False, True)])
def test_refuses_nothing_that_is_free(owner, free, refused):
    Price.objects.create(model="fake-1", input=0 if free else 1, output=0)
    one = limited(5, "cost")
    spending.begin([budget.Pot(one, None, budget.start_of("month", timezone.localdate()))])
    Spending.objects.update(spent=5)
    if refused:
        with pytest.raises(OverBudget):
            begun(owner)
    else:
        assert begun(owner)


# Setting right


def test_counts_what_was_spent_before_the_budget_was_made(owner, stranger):
    for person in (owner, stranger):
        [written] = begin(waiting(person))
        assert engine.settle(ask(written), Outcome("done"))
    limited()
    limited(each=True)
    limited(person=owner)
    assert sorted(row.spent for row in spending.standing(owner)) == [1500, 1500, 3000]


def test_gives_a_group_nothing_back_when_a_person_is_deleted(owner, stranger):
    group, other = Group.objects.create(name="theirs"), Group.objects.create(name="other")
    owner.groups.add(group)
    stranger.groups.add(group, other)
    for each in (group, other):
        limited(10 * ONE, group=each)
    done, running = begin(waiting(owner), waiting(owner))
    assert engine.settle(ask(done), Outcome("done"))
    ask(running)
    owner.delete()
    assert not engine.settle(running, Outcome("lost"))
    spending.reconcile()
    assert totals() == [(3000, 0)]
    spending.begin([budget.Pot(each, None, budget.start_of("month", timezone.localdate())) for each in budget.known()])
    assert totals() == [(3000, 0), (0, 0)]


def test_sets_right_once_an_hour_what_is_counted_wrong(owner, caplog):
    limited()
    [written] = begin(waiting(owner))
    assert engine.settle(ask(written), Outcome("done"))
    Spending.objects.update(spent=7)
    seconds = [0.0]
    reaper = Reaper(clock=lambda: seconds[0])
    reaper.keep_budgets()
    assert totals() == [(1500, 0)]
    assert "7.00000000 were counted as spent, and the ledger has 1500" in caplog.text
    Spending.objects.update(spent=8)
    reaper.keep_budgets()
    assert totals() == [(8, 0)]
    seconds[0] = 3600.0
    reaper.keep_budgets()
    assert totals() == [(1500, 0)]


def test_begins_anew_with_each_period(owner, monkeypatch):
    limited(period="week")
    [written] = begin(waiting(owner))
    assert engine.settle(ask(written), Outcome("done"))
    monday = budget.next_start("week", budget.start_of("week", timezone.localdate()))
    monkeypatch.setattr(spending, "today", lambda: monday)
    assert not is_refused(begin(waiting(owner))[0])
    assert [(spent, held > 0) for spent, held in totals()] == [(1500, False), (0, True)]


@pytest.mark.parametrize(
    ("period", "day", "start", "following"),
    [
        ("day", date(2028, 2, 28), date(2028, 2, 28), date(2028, 2, 29)),
        ("week", date(2027, 1, 3), date(2026, 12, 28), date(2027, 1, 4)),
        ("week", date(2027, 1, 4), date(2027, 1, 4), date(2027, 1, 11)),
        ("month", date(2027, 1, 31), date(2027, 1, 1), date(2027, 2, 1)),
        ("month", date(2027, 2, 1), date(2027, 2, 1), date(2027, 3, 1)),
    ],
)
def test_knows_where_a_period_begins_and_ends(period, day, start, following):
    assert (budget.start_of(period, day), budget.next_start(period, start)) == (start, following)


def test_warns_from_eighty_percent(owner, stranger):
    limited(1800, person=owner)
    [written] = begin(waiting(stranger))
    assert (spending.near(owner), engine.settle(ask(written), Outcome("done"))) == ([], written.reply)
    assert spending.near(owner) == []
    Budget.objects.update(hard=False)
    budget.forget()
    [written] = begin(waiting(owner))
    engine.settle(ask(written), Outcome("done"))
    [row] = spending.standing(owner)
    assert (row.percent, row.near, row.over, spending.near(stranger)) == (83, True, False, [])
    assert [row.pk for row in spending.near(owner)] == [row.pk]


# What is kept of a refusal, which an import may bring


GOOD = '[["all", ""], "month", "cost", "0.4", "2026-12-01"]'


def test_names_a_budget_and_an_amount():
    assert Shortage.read(GOOD).values == {
        "budget": "the budget of this site for everyone, per month",
        "left": "0.40\xa0USD",
        "anew": "Dec. 1, 2026",
    }
    assert words_of(["each", "Sales"], "week") == "each of Sales, per week"
    assert words_to_reader(["person", "bob"], "week") == words_to_reader(["each", ""], "week")
    assert amount_of(Decimal("0.00123"), "cost") == "0.0012\xa0USD"
    assert amount_of(Decimal(1), "tokens") == "1 token"


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "7", "[" * 300, GOOD[:-1], GOOD.replace("month", "year"), GOOD.replace("0.4", "1e999"),
        GOOD.replace("0.4", "-1"), GOOD.replace('"0.4"', "0.4"), GOOD.replace("12-01", "13-01"),
        GOOD.replace(', ""', ""), GOOD.replace('"2026-12-01"', "null"), GOOD.replace('["all", ""]', "null"),
    ],
)  # fmt: skip
def test_reads_nothing_in_what_is_no_refusal(owner, text):
    assert Shortage.read(text) is None
    reply = put(waiting(owner), status="failed", error="over_budget", error_detail=text)
    assert "A budget has too little left" in reply.error_sentence


# What it costs


def statements(function):
    with CaptureQueriesContext(connection) as captured:
        function()
    return [query["sql"] for query in captured if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]


def test_costs_no_query_where_there_is_no_budget(owner, monkeypatch):
    monkeypatch.setattr(budget, "_known", (0.0, ()))
    assert len([sql for sql in statements(lambda: begin(waiting(owner))) if "parley_budget" in sql]) == 1
    for does in (lambda: begin(waiting(owner)), Reaper().keep_budgets, lambda: spending.near(owner)):
        assert [sql for sql in statements(does) if "budget" in sql or "spending" in sql] == []


def test_costs_a_few_statements_for_a_whole_batch():
    limited(10**9)
    limited(10**9, each=True)
    counts = []
    for number in (1, 10):
        replies = [waiting(get_user_model().objects.create_user(f"{n} of {number}")) for n in range(number)]
        for reply in replies:
            spending.standing(reply.conversation.owner)
        needs = [Need(reply.owner_id, (reply.pk, 1, "answer"), None, 1) for reply in replies]
        sent = statements(lambda needs=needs: spending.reserve(needs))
        counts.append(len(sent))
    most = 1 if connection.vendor == "postgresql" else len(("BEGIN", "UPDATE", "INSERT", "COMMIT"))
    assert counts[0] == counts[1] <= most


def test_costs_nothing_for_each_token(owner):
    limited()
    [written] = begin(waiting(owner))
    ask(written)
    for _ in range(3):
        saved = statements(lambda: Message.objects.checkpoint({written.key: written.text}))
        assert [sql for sql in saved if "spending" in sql or "reservation" in sql or "budget" in sql] == []


def test_holds_what_a_provider_tells_that_it_costs_where_this_site_has_no_price(monkeypatch):
    limited(Decimal("0.05"), "cost")
    facts = {"fake-1": {"prices": {"input": "1.25", "output": "10"}}}
    monkeypatch.setattr(reserving, "_kept", {})
    monkeypatch.setattr(reserving.catalogue, "offered", lambda provider: reserving.catalogue.Offer(facts=facts))
    assert [is_refused(each) for each in begin(*(waiting(person) for person in people(20)))].count(False) == 1


def said(owner, count=1, **values):
    """Calls of which the provider has said what they cost."""
    values = {"outcome": "done", "prompt_tokens": 1000, "completion_tokens": 200, "attempt": 1, **values}
    Call.objects.bulk_create(Call(owner=owner, model="fake-1", **values) for _ in range(count))


def test_holds_what_recent_calls_have_cost_where_nobody_tells_a_price(owner):
    """(1,000 + 5 × 200) tokens for 0.004: a written one is 0.00001, and 4,000 of them 0.04."""
    said(owner, 3, provider_cost="0.004")
    limited(Decimal("0.1"), "cost")
    assert [is_refused(each) for each in begin(*(waiting(person) for person in people(20)))].count(False) == 2
    assert Decimal("0.08") < Spending.objects.get(period_start=budget.start_of("month", timezone.localdate())).held


def test_looks_at_so_many_recent_calls_and_at_nothing_that_was_not_said(owner, monkeypatch):
    said(owner)
    said(owner, provider_cost=1, prompt_tokens=None)
    said(owner, provider_cost=0, prompt_tokens=0, completion_tokens=0)
    assert recent.recent() == {("", "fake-1"): recent.Recent(None, 0)}
    said(owner, provider_cost="0.004")
    assert recent.recent()["", "fake-1"].rates == recent.Told(Decimal(2), Decimal(10))
    monkeypatch.setattr(recent, "MAX_CALLS", 2)
    said(owner, 2, provider_cost="0.002")
    assert recent.recent()["", "fake-1"].rates.input == 1
    assert len(statements(recent.recent)) == 1


def test_holds_what_a_model_thinks_unseen_on_average(owner):
    said(owner, reasoning_tokens=6_000, completion_tokens=9_000)
    said(owner, completion_tokens=9_000)
    said(owner, reasoning_tokens=9_000, estimated=True)
    limited(10**6)
    [written] = begin(waiting(owner))
    assert 7_000 < Spending.objects.get().held < 7_300
    assert written.allowance == 4_000


def claims(owner, one):
    """Seconds of a claim without and with the budget, each by the median of some, in turn."""
    seconds = {False: [], True: []}
    for n in range(60):
        one.hard = bool(n % 2)
        one.save()
        budget.known()
        reply = waiting(owner)
        began = time.perf_counter()
        [written] = begin(reply)
        seconds[one.hard].append(time.perf_counter() - began)
        engine.settle(written, Outcome("failed", "internal"))
    return [statistics.median(each) for each in seconds.values()]


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.thorough
@pytest.mark.parametrize("unit", ["tokens", "cost"])
def test_costs_a_claim_a_millisecond_at_most(owner, unit):
    """In the calmest of some rounds; or a third of the claim, where something else has both processors."""
    Price.objects.create(model="fake-1", input=1, output=1)
    one = limited(10**9, unit)
    rounds = [claims(owner, one) for _ in range(4)]
    print(connection.vendor, unit, *(f"{1000 * less:.2f} → {1000 * more:.2f} ms" for less, more in rounds))
    assert any(more - less <= max(0.001, less / 3) for less, more in rounds)
