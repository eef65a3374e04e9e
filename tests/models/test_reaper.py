"""What a sweep does first, and that nothing which cannot be done keeps it from the rest."""

import time
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import orjson
import pytest
from django.db import connection
from django.db.models import F
from django.db.models.signals import pre_delete

from parley.conf import conf
from parley.generation import unsaved
from parley.generation.reaper import JOBS, MAX_PURGED, Reaper
from parley.models import Conversation, Message, Worker
from tests.models.conftest import begun, put

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def over(owner, settings):
    """A function: so many conversations that nobody may bring back."""
    settings.PARLEY = {**settings.PARLEY, "UNDO_WITHIN": 0}

    def trashed(number):
        rows = [Conversation(owner=owner, title="over") for _ in range(number)]
        Conversation.objects.bulk_create(rows)
        Conversation.objects.filter(pk__in=[row.pk for row in rows]).soft_delete(owner.pk)
        return rows

    return trashed


@pytest.fixture
def refused():
    """A set of ids of conversations that the host does not let go."""
    ids = set()

    def refuse(sender, instance, **kwargs):
        if instance.pk in ids:
            raise ValueError("The host wants to keep it.")

    pre_delete.connect(refuse, Conversation)
    yield ids
    pre_delete.disconnect(refuse, Conversation)


def left():
    return set(Conversation.objects.values_list("pk", flat=True))


def test_looks_after_replies_though_something_cannot_be_deleted(over, refused, conversation, reply):
    refused.update(row.pk for row in over(1))
    reply.claim(uuid4())
    clock = Clock()
    reaper = Reaper(clock)
    for clock.now in range(0, 25, 5):
        reaper.sweep()
    assert put(reply).status == "pending"


def test_only_asks_whether_anything_waits_or_runs_where_nothing_does(django_assert_num_queries):
    with django_assert_num_queries(len(JOBS)):
        Reaper(Clock()).recover_lost()


def test_deletes_nothing_while_it_looks_after_replies(over):
    row = over(1)[0]
    Reaper().recover_lost()
    assert left() == {row.pk}


@pytest.mark.thorough
def test_deletes_the_rest_though_more_than_it_takes_at_once_cannot_be_deleted(over, refused):
    rows = over(2 * MAX_PURGED)
    reaper = Reaper(Clock())
    refused.update(row.pk for row in rows[:MAX_PURGED])
    for _ in range(3):
        reaper.purge()
    assert left() == refused
    kept = set(refused)
    refused.clear()
    for _ in range(2):
        reaper.purge()
    assert not left() & kept


@pytest.mark.thorough
def test_deletes_a_few_at_a_time(over):
    over(MAX_PURGED + 5)
    reaper = Reaper(Clock())
    reaper.purge()
    assert len(left()) == 5
    reaper.purge()
    assert not left()


def test_deletes_no_longer_than_a_second(over):
    over(10)
    Reaper(Clock(step=0.3)).purge()
    assert 6 <= len(left()) <= 8


def test_trusts_the_heartbeats_after_a_sweep_that_took_long(owner, reply):
    """The time that counts is when the database was last reached, not when the sweep began."""
    reply.claim(uuid4())
    clock = Clock(step=4)
    reaper = Reaper(clock)
    for _ in range(6):
        reaper.recover_lost()
        clock.now += 4
    assert put(reply).status == "pending"


def test_does_not_believe_what_it_was_told_of_heartbeats_after_the_database_was_away(reply):
    """The question was on its way for longer than a worker has to say that it is alive."""
    reply.claim(uuid4())
    clock = Clock()
    reaper = Reaper(clock)
    for clock.now in range(0, 10, 5):
        reaper.recover_lost()

    def away(execute, sql, *args):
        clock.now += 30 * ("heartbeat_at" in sql)
        return execute(sql, *args)

    clock.now = 10
    with connection.execute_wrapper(away):
        reaper.recover_lost()
    assert put(reply).status == "streaming"
    since = clock.now
    for clock.now in (since + 5, since + 9):
        reaper.recover_lost()
        assert put(reply).status == "streaming"
    clock.now = since + 10
    reaper.recover_lost()
    assert put(reply).status == "pending"


def sweeps(reaper, clock, *moments, heartbeat=lambda: None):
    for clock.now in moments:
        heartbeat()
        reaper.recover_lost()


@pytest.fixture
def worker(reply):
    """The id of a worker that has beaten once, and begun the reply."""
    worker_id = uuid4()
    Worker.heartbeat(worker_id)
    reply.claim(worker_id)
    return worker_id


def test_takes_a_worker_for_dead_that_was_silent_for_long(worker, reply):
    clock = Clock()
    reaper = Reaper(clock)
    sweeps(reaper, clock, 0, 5, 10, 14)
    assert put(reply).status == "streaming"
    sweeps(reaper, clock, 15)
    assert put(reply).status == "pending"


@pytest.mark.parametrize("seconds", [-3600, -60, 60, 3600])
def test_takes_no_worker_for_dead_because_a_clock_was_moved(worker, reply, seconds):
    clock = Clock()

    def heartbeat():
        Worker.heartbeat(worker)
        Worker.objects.update(heartbeat_at=F("heartbeat_at") + timedelta(seconds=seconds if clock.now % 10 else 0))

    sweeps(Reaper(clock), clock, *range(0, 60, 5), heartbeat=heartbeat)
    assert put(reply).status == "streaming"


@pytest.mark.parametrize("seconds", [-3600, -60, 60, 3600])
def test_takes_a_worker_for_dead_wherever_its_last_beat_lies(worker, reply, seconds):
    Worker.objects.update(heartbeat_at=F("heartbeat_at") + timedelta(seconds=seconds))
    clock = Clock()
    sweeps(Reaper(clock), clock, 0, 5, 10, 15)
    assert put(reply).status == "pending"


def test_has_a_clock_that_goes_on_while_the_machine_sleeps(monkeypatch):
    """Linux alone has one; the time that a worker was asleep with the machine is no silence of its own."""
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime", {7: 1000.0}.get)
    assert Reaper()._clock() == 1000


def test_begins_anew_after_it_was_away_itself(worker, reply):
    clock = Clock()
    reaper = Reaper(clock)
    sweeps(reaper, clock, 0, 5, 10, 60, 65, 70, 74)
    assert put(reply).status == "streaming"
    sweeps(reaper, clock, 75)
    assert put(reply).status == "pending"


def test_gives_a_silent_worker_two_beats_of_time_once_its_row_can_be_written(worker, reply, monkeypatch):
    """While nobody can write the row, the worker cannot either."""
    challenge, free = Worker.challenge, False
    monkeypatch.setattr(Worker, "challenge", lambda *args: free and challenge(*args))
    clock = Clock()
    reaper = Reaper(clock)
    sweeps(reaper, clock, *range(0, 60, 5))
    free = True
    sweeps(reaper, clock, 60, 65)
    assert put(reply).status == "streaming"
    sweeps(reaper, clock, 70)
    assert put(reply).status == "pending"


def test_looks_again_in_the_very_statement_that_takes_a_reply_away(worker, reply):
    """The worker beats after the question who is dead, and before what follows from the answer."""
    clock = Clock()
    reaper = Reaper(clock)
    sweeps(reaper, clock, 0, 5, 10)

    def beats_meanwhile(execute, sql, *args):
        if "parley_feed" in sql and "INSERT" in sql:
            Worker.heartbeat(worker)
        return execute(sql, *args)

    with connection.execute_wrapper(beats_meanwhile):
        sweeps(reaper, clock, 15)
    assert put(reply).status == "streaming"


def test_keeps_text_that_came_after_it_was_read(worker, reply):
    put(reply, content="so far")
    late = Message.objects.get(pk=reply.pk)
    put(reply, content="so far and more")
    assert not late.recover(died=True)
    assert (put(reply).status, reply.content) == ("streaming", "so far and more")


@pytest.mark.parametrize(
    ("saved", "seen", "kept", "status"),
    [
        ("so far", "so far and more", "so far and more", "interrupted"),
        ("", "so far", "so far", "interrupted"),
        ("so far and more", "so far", "so far and more", "interrupted"),
        ("so far", "another text", "so far", "interrupted"),
        ("", "", "", "pending"),
    ],
)
def test_keeps_what_readers_saw_and_the_row_lacks(worker, reply, monkeypatch, saved, seen, kept, status):
    put(reply, content=saved)
    values = orjson.dumps({"content": seen, "reasoning": "Hm.", "reasoning_seconds": 2})
    asked = []
    server = SimpleNamespace(mget=lambda keys: asked.extend(keys) or [values], delete=asked.remove)
    monkeypatch.setattr(unsaved, "connection", lambda: server)
    Reaper().recover([reply])
    assert (put(reply).status, reply.content) == (status, kept)
    assert reply.reasoning == ("Hm." if kept == seen != "" else "")
    assert [key.endswith(f":{reply.pk}:{reply.attempt}") for key in asked] == [True] * (kept == saved)


@pytest.mark.parametrize("value", [None, b"", b"[", b"[]", b"{}", b'{"content": null}'])
def test_recovers_beside_what_it_cannot_read(worker, reply, monkeypatch, value):
    monkeypatch.setattr(unsaved, "connection", lambda: SimpleNamespace(mget=lambda keys: [value]))
    Reaper().recover([reply])
    assert put(reply).status == "pending"


def test_recovers_the_others_when_one_reply_cannot_be(owner, monkeypatch):
    bad, good = (begun(owner).messages.get(role="assistant") for _ in range(2))
    for reply in (bad, good):
        assert reply.claim(uuid4())
    requeue = Message.requeue

    def refuse(reply, **kwargs):
        if reply.pk == bad.pk:
            raise ValueError("odd")
        return requeue(reply, **kwargs)

    monkeypatch.setattr(Message, "requeue", refuse)
    Reaper().recover([bad, good])
    assert (put(bad).status, put(good).status) == ("streaming", "pending")


def test_who_passes_by_sweeps_once_in_a_beat(reply, dispatched):
    clock = Clock()
    reaper = Reaper(clock)
    for clock.now in (0, conf.HEARTBEAT_INTERVAL / 2, conf.HEARTBEAT_INTERVAL, conf.HEARTBEAT_INTERVAL + 1):
        put(reply, enqueued_at=None)
        reaper.sweep_if_due()
    assert dispatched == [reply.pk] * 2


def test_who_passes_by_does_not_fail(reply, caplog, monkeypatch):
    def send(*_):
        raise ValueError("The broker is odd.")

    monkeypatch.setattr("parley.broker.send", send)
    put(reply, enqueued_at=None)
    Reaper().sweep_if_due()
    assert "The broker is odd." in caplog.text
