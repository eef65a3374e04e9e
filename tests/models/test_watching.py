"""What a worker does about the rows of what it writes: nothing of an answer is lost, and nobody waits for another."""

import asyncio
import threading
from queue import Queue
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import InternalError, connection, transaction

from parley.conf import conf
from parley.generation import duties, engine
from parley.generation.database import Database
from parley.generation.duties import Duties
from parley.generation.engine import Engine
from parley.generation.outcome import Outcome
from parley.generation.writing import Running
from parley.models import Budget, Feed, Message, reply_claimed
from parley.models.budget import Reservation, Spending
from parley.models.shortage import Shortage
from tests.models.conftest import begun, put

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = uuid4()


class NoLog:
    def begin(self, *_): ...

    async def end(self, *_): ...


@pytest.fixture
def worker(settings):
    """The duties of a worker, of which a test carries out one."""
    settings.PARLEY = {**settings.PARLEY, "CHECKPOINT_INTERVAL": 0.01}
    made = Duties(Running(), NoLog(), Database("tests", 1), WORKER, None)
    yield made
    made._database._threads.submit(lambda: connection.close()).result()
    made._database._threads.shutdown()


def writing(worker, owner, text="so far and more"):
    """A reply of this worker, whose stream goes on."""
    reply = begun(owner).messages.get(role="assistant")
    [written] = engine.begin([reply.pk], WORKER).values()
    written.answer.add({"choices": [{"delta": {"content": text}}]})
    worker._running[reply.pk] = written
    return written


async def watched(worker):
    for written in worker._running.values():
        written.task = written.task or asyncio.create_task(asyncio.sleep(60))
    try:
        await worker.watch_rows()
    finally:
        for written in worker._running.values():
            written.task.cancel()


def thought_dead(written):
    assert Message.objects.get(pk=written.reply.pk).recover(died=True)


def status(written):
    return Message.objects.values_list("status", flat=True).get(pk=written.reply.pk)


def test_reads_the_answer_where_it_grows(worker, owner, monkeypatch):
    """In another thread, what arrives between two steps of reading it would be lost."""
    written, threads = writing(worker, owner), set()
    thought_dead(written)
    read = type(written.answer.text).__str__
    monkeypatch.setattr(
        type(written.answer.text), "__str__", lambda self: threads.add(threading.get_ident()) or read(self)
    )
    asyncio.run(watched(worker))
    assert (status(written), threads) == ("streaming", {threading.get_ident()})


def test_drops_what_was_deleted_with_its_person_and_goes_on_with_what_others_have(worker, owner, stranger):
    gone, others = [writing(worker, owner) for _ in range(3)], [writing(worker, stranger) for _ in range(3)]
    owner.delete()
    for written in others:
        thought_dead(written)
    asyncio.run(watched(worker))
    assert [written.ending for written in gone] == ["stopped"] * 3
    assert [(written.ending, status(written)) for written in others] == [("", "streaming")] * 3


def test_has_nothing_to_settle_for_a_person_who_was_deleted(worker, owner):
    written = writing(worker, owner)
    owner.delete()
    assert not engine.settle(written, Outcome("done"))
    assert not engine.settle(written, Outcome("stopped"))
    assert not engine.reclaim(*written.as_it_is)
    assert not Feed.objects.exists()


def test_looks_for_what_it_forgot_before_it_purges_once(worker, settings, monkeypatch):
    """A purge may take a second, or fail, and replies that nobody writes must not wait for it."""
    settings.PARLEY = {**settings.PARLEY, "HEARTBEAT_INTERVAL": 0}
    steps = []
    for of, name in ((worker._reaper, "recover_lost"), (worker._reaper, "purge"), (worker, "_reclaim_forgotten")):
        monkeypatch.setattr(of, name, lambda *_, name=name: steps.append(name))
    asyncio.run(worker.sweep())
    assert steps == ["recover_lost", "_reclaim_forgotten", "purge"]


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one lock for all.")
def test_goes_on_with_the_replies_of_others_while_one_persons_rows_are_held(worker, owner, stranger):
    theirs, others = [writing(worker, owner) for _ in range(3)], [writing(worker, stranger) for _ in range(3)]
    for written in theirs + others:
        thought_dead(written)
    with held(owner):
        asyncio.run(watched(worker))
    assert [(written.ending, status(written)) for written in others] == [("", "streaming")] * 3
    assert [written.ending for written in theirs] == [""] * 3


class held:
    """Another connection's transaction, which holds a person's feed."""

    def __init__(self, owner):
        self._owner, self._locked, self._over = owner, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self):
        self._thread.start()
        assert self._locked.wait(5)

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _hold(self):
        with transaction.atomic():
            list(Feed.objects.select_for_update().filter(pk=self._owner.pk))
            self._locked.set()
            self._over.wait(10)
        connection.close()


def test_keeps_the_last_words_of_what_was_stopped_before_it_could_be_taken_back(worker, owner):
    """Thought dead, waiting, and stopped, all between two looks at its row."""
    written = writing(worker, owner)
    thought_dead(written)
    assert Message.objects.get(pk=written.reply.pk).stop()
    assert engine.settle(written, Outcome("lost"))
    assert Message.objects.get(pk=written.reply.pk).content == "so far and more"


def test_leaves_what_another_worker_writes_to_it(worker, owner):
    written = writing(worker, owner)
    put(written.reply, attempt=2, worker=uuid4())
    assert not engine.settle(written, Outcome("lost"))
    assert status(written) == "streaming"


def test_waits_for_a_database_that_may_only_be_read_for_now(monkeypatch):
    """A failover of PostgreSQL, or a disk that is full."""
    tries = []

    def settle():
        tries.append(1)
        if len(tries) < 3:
            raise InternalError("cannot execute UPDATE in a read-only transaction")
        return "kept"

    assert asyncio.run(Database("tests", 1).at_last(settle)) == "kept"


def test_waits_for_the_database_however_long_it_is_away(monkeypatch):
    tries = []

    def settle():
        tries.append(1)
        if len(tries) < 1000:
            raise InternalError
        return "kept"

    monkeypatch.setattr("parley.generation.database.pauses", lambda most: iter(lambda: 0, None))
    assert asyncio.run(Database("tests", 1).at_last(settle)) == "kept"


def test_hands_over_what_it_had_just_claimed_when_it_ended(worker, owner, monkeypatch):
    reply = begun(owner).messages.get(role="assistant")
    settled = []

    async def claimed(reply_id):
        return (await worker._database(engine.begin, [reply_id], WORKER))[reply_id]

    async def settle(written, outcome):
        settled.append(outcome)
        return outcome.status

    async def hung(*_):
        await asyncio.sleep(60)

    async def all_of_it():
        writer = Engine(Running(), NoLog(), claimed, worker._database)
        writer._settle = settle
        await writer.hand_over(0)
        return await asyncio.wait_for(writer.write(reply.pk), 5)

    monkeypatch.setattr(engine, "write", hung)
    assert asyncio.run(all_of_it()) == "handed over"
    assert settled == [Outcome("handed over")]


def test_announces_what_it_has_claimed(worker, owner):
    reply, sent = begun(owner).messages.get(role="assistant"), Queue()

    def claimed(sender, reply, **_):
        sent.put((sender, reply.pk, reply.status, reply.attempt))

    async def claim(reply_id):
        return (await worker._database(engine.begin, [reply_id], WORKER))[reply_id]

    async def handed_over():
        writer = Engine(Running(), NoLog(), claim, worker._database)
        await writer.hand_over(0)
        await writer.write(reply.pk)

    reply_claimed.connect(claimed)
    try:
        asyncio.run(handed_over())
        assert sent.get(timeout=20) == (Message, reply.pk, "streaming", 1)
    finally:
        reply_claimed.disconnect(claimed)


def test_ends_the_log_with_the_reply_as_it_settled(worker, owner):
    """Who follows it has the end at once, also where no notification is heard."""
    written, sent = writing(worker, owner), {}

    class Log(NoLog):
        async def end(self, ended):
            sent.update(ended)

    async def settled():
        return await Engine(worker._running, Log(), None, worker._database)._settle(written, Outcome("done"))

    assert asyncio.run(settled()) == "done"
    [settled] = sent.values()
    assert (settled, settled.version, settled.status) == (written.reply, Feed.version_of(owner), "done")
    assert "".join(settled.blocks) == Message.objects.get(pk=written.reply.pk).html != ""


@pytest.mark.parametrize("end", ["done", "stopped"])
def test_dispatches_the_next_reply_of_the_person_at_the_end(worker, owner, dispatched, end):
    """Else that waits until the reaper takes its task for lost."""
    written, waits = writing(worker, owner), begun(owner).messages.get(role="assistant")
    if end == "stopped":
        assert Message.objects.get(pk=written.reply.pk).stop()
    dispatched.clear()
    asyncio.run(Engine(worker._running, NoLog(), None, worker._database)._settle(written, Outcome(end)))
    assert (status(written), dispatched) == (end, [waits.pk])


def test_does_not_stop_a_reply_that_is_written_again_by_a_bell_that_was_late(worker, owner, monkeypatch):
    old, new = writing(worker, owner), writing(worker, owner)
    assert Message.objects.get(pk=old.reply.pk).stop()
    assert conf.CHECKPOINT_INTERVAL == 0.01

    class Bell:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_): ...

        def pubsub(self, **_):
            return self

        async def subscribe(self, _): ...

        async def listen(self):
            for written in (old, new):
                yield {"data": str(written.reply.pk).encode()}

    async def heard():
        for written in (old, new):
            written.task = asyncio.create_task(asyncio.sleep(60))
        await worker.hear_stops()
        return old.ending, new.ending

    monkeypatch.setattr(duties, "async_connection", lambda **_: Bell())
    assert asyncio.run(heard()) == ("stopped", "")


def test_holds_more_of_the_budgets_for_all_that_are_long_in_one_transaction(worker, owner, stranger, monkeypatch):
    """As often as a step is nearly written, and not for each piece of it; those that end meanwhile hold no more."""
    Budget.objects.create(limit=13_000, unit="tokens")
    asked = Mock(side_effect=duties.reserving.hold_more)
    monkeypatch.setattr(duties.reserving, "hold_more", asked)
    long, ended, short = [writing(worker, person) for person in (owner, stranger, owner)]
    asyncio.run(noted_and_held(worker, long, ended, short))
    assert [each.allowance for each in (long, ended, short)] == [4000, 4000, 4000]
    long.events = ended.events = 3001
    assert engine.settle(ended, Outcome("done"))
    asyncio.run(noted_and_held(worker, long, ended, short))
    assert [each.allowance for each in (long, ended, short)] == [8000, 8000, 4000]
    assert asked.call_count == 1
    assert not Reservation.objects.filter(reply_id=ended.reply.pk).exists()
    long.events = 7001
    asyncio.run(noted_and_held(worker, long, ended, short))
    assert Shortage.read(long.shortage).left == f"{Spending.objects.get().left:f}"
    assert (long.allowance, long.used_up, long.needs_more) == (8000, False, False)
    long.events = 8000
    assert long.used_up


async def noted_and_held(worker, *written):
    """Note new words, and carry out the duty, if they call it."""
    worker._running.short = asyncio.Event()
    for each in written:
        worker._running.note(each)
    if worker._running.short.is_set():
        await worker.hold_more()
