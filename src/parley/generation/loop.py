"""One event loop per worker process, in which all its replies are written."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from copy import copy
from random import Random
from typing import Any, Protocol
from uuid import UUID

import uvloop
from redis import RedisError

from parley import keys
from parley.conf import conf
from parley.connections import async_connection
from parley.ids import uuid7
from parley.models import Message, Worker, locks, reply_claimed
from parley.outages import Outages

from . import clients, engine
from .announcer import announce
from .claims import Claims
from .database import DATABASE_AWAY, Database
from .engine import Writing, as_it_is
from .heartbeat import Heartbeat
from .outcome import Outcome
from .reaper import Reaper, dispatch_next
from .titles import Titles
from .together import Together

logger = logging.getLogger(__name__)
outages = Outages(logger)

TICK_EACH = 0.0008
"""What a running reply adds to the tick, so that many are told in fewer, longer pieces: 0.24 s with 300."""
SOON = 0.01
"""Within so many seconds first words are told."""
DUTIES_THREADS, ENDS_THREADS = 5, 3
"""One more than there are duties that may have to wait for the database; and those that write the ends of replies."""


class Log(Protocol):
    """Where readers follow a reply; see delivery.log."""

    def begin(self, reply_id: UUID, attempt: int) -> None: ...
    async def write(self, texts: dict[UUID, tuple[str, str]]) -> set[UUID]: ...
    async def end(self, *reply_ids: UUID) -> None: ...


class Loop:
    """A thread with an event loop: ``write(reply_id)`` from any other thread returns when the reply is settled."""

    def __init__(self, make_log: Callable[[], Log]) -> None:
        self.worker_id = uuid7()
        self._make_log, self._reaper = make_log, Reaper()
        self._running: dict[UUID, Writing] = {}
        self._claiming: set[UUID] = set()
        self._dirty: set[UUID] = set()
        self._begun: set[UUID] = set()
        self._random, self._leaving, self._ended = Random(), False, False
        self._database, self._at_end = Database("duties", DUTIES_THREADS), Database("ends", ENDS_THREADS)
        self._claims = Claims(self._database, self.worker_id, lambda: self._tick() - conf.TICK)
        self._ends: Together[UUID, None] = Together(self._end_logs)
        self._titles = Titles(self._at_end.at_last)
        self._heartbeat, self._ready = Heartbeat(self.worker_id), threading.Event()
        threading.Thread(target=self._main, name="parley-loop", daemon=True).start()
        self._ready.wait()

    def write(self, reply_id: UUID) -> str:
        """Claim and write a reply → its status, or "" when it was not for us to write."""
        return str(self._run(self._write(reply_id)).result())

    def end_soon(self, grace: float | None = None) -> None:
        """The process shall end: replies that still run after ``grace`` seconds are handed over, the first first."""
        self._run(self._hand_over(conf.SHUTDOWN_GRACE if grace is None else grace))

    def end(self) -> None:
        """The process ends: nobody needs to wait for its next beat."""
        self._heartbeat.end()
        self._run(self._say_goodbye()).result(timeout=5)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.events)

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self.events = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._log = self._make_log()
        self._wake, self._first_words, self._unsaved = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._ready.set()
        duties = (
            self._tell_readers,
            self._write_checkpoints,
            self._watch_rows,
            self._hear_stops,
            self._turn,
            self._look_after,
        )
        await asyncio.gather(*(self._forever(duty) for duty in duties))

    async def _forever(self, duty: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A duty goes on whatever happens: database and Valkey come back."""
        while True:
            try:
                await duty()
            except (*DATABASE_AWAY, RedisError, OSError) as error:
                outages[duty.__name__].began(error)
            except Exception:
                logger.exception("%s failed; trying again.", duty.__name__.strip("_"))
            else:
                outages[duty.__name__].ended()
                continue
            await asyncio.sleep(0.5)

    # One reply

    async def _write(self, reply_id: UUID) -> str:
        writing = None if await self._is_ours(reply_id) else await self._begin(reply_id)
        if writing is None:
            return ""
        announce(reply_claimed, reply=copy(writing.reply))
        self._log.begin(reply_id, writing.reply.attempt)
        self._changed(writing)
        writing.task = asyncio.create_task(engine.write(writing, self._changed, self._random))
        if self._leaving:
            writing.cancel("handed over")
        return await self._settle(writing, await self._outcome(writing))

    async def _is_ours(self, reply_id: UUID) -> bool:
        """Whether it is being written here: its bell was rung twice, or this process was thought dead."""
        writing = self._running.get(reply_id)
        if writing is None or writing.ending:
            return False
        running = await self._at_end.at_last(Message.objects.still_running, [writing.key])
        return writing.key in running or await self._at_end.at_last(engine.take_back, *as_it_is(writing))

    async def _begin(self, reply_id: UUID) -> Writing | None:
        """It is known as ours from before its claim on; see _look_after."""
        self._claiming.add(reply_id)
        try:
            if writing := await self._claims.begin(reply_id):
                if before := self._running.get(reply_id):
                    before.cancel("lost")
                self._running[reply_id] = writing
        finally:
            self._claiming.discard(reply_id)
        return writing

    async def _outcome(self, writing: Writing) -> Outcome:
        assert writing.task is not None
        try:
            return await writing.task
        except asyncio.CancelledError:
            return Outcome(writing.ending)
        except Exception:
            logger.exception("Reply %s could not be written.", writing.reply.pk)
            return Outcome("failed", "internal")

    async def _settle(self, writing: Writing, outcome: Outcome) -> str:
        writing.answer.close()
        try:
            settled = await self._at_end.at_last(engine.settle, writing, outcome)
        finally:
            if self._running.get(writing.reply.pk) is writing:
                self._running.pop(writing.reply.pk)
                await self._ends.join(writing.reply.pk)
        if settled and outcome.status == "done":
            self._titles.soon(writing.reply)
        await self._at_end.at_last(dispatch_next, writing.reply)
        return outcome.status if settled else ""

    async def _end_logs(self, reply_ids: list[UUID]) -> dict[UUID, None]:
        await self._log.end(*reply_ids)
        return {}

    def _changed(self, writing: Writing) -> None:
        self._dirty.add(writing.reply.pk)
        self._wake.set()
        if not writing.begun and writing.shown:
            writing.begun = True
            self._begun.add(writing.reply.pk)
            self._first_words.set()
        if writing.unsaved:
            self._unsaved.set()

    async def _hand_over(self, grace: float) -> None:
        self._claims.end_soon()
        await asyncio.sleep(grace if self._running else 0)
        self._leaving = True
        for _, writing in sorted(self._running.items()):
            writing.cancel("handed over")

    # Duties for all replies at once

    async def _tell_readers(self) -> None:
        """Every tick, one round trip for what changed in all replies, first words at once; an idle process waits."""
        await self._wake.wait()
        self._wake.clear()
        await self._tell(set(self._dirty))
        until = self._now() + self._tick()
        while await self._comes(self._first_words, until):
            await self._tell(self._begun & self._dirty)
        if self._dirty:
            self._wake.set()

    def _tick(self) -> float:
        """Seconds between two rounds of telling; claims wait by what it has grown, so that many are made together."""
        return max(conf.TICK, TICK_EACH * len(self._running))

    async def _comes(self, event: asyncio.Event, until: float) -> bool:
        """Whether something happens before that time; what happens together is seen together."""
        try:
            async with asyncio.timeout_at(until):
                await event.wait()
                await asyncio.sleep(SOON)
        except TimeoutError:
            return False
        event.clear()
        return True

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _tell(self, replies: set[UUID]) -> None:
        texts = {key: self._running[key].told for key in replies & self._running.keys()}
        self._dirty -= replies
        self._begun -= replies
        self._dirty |= await self._log.write(texts) & self._running.keys()

    async def _write_checkpoints(self) -> None:
        """Once a second, however many begin meanwhile, one transaction for what is new in all replies; first words at once."""
        until = self._now() + conf.CHECKPOINT_INTERVAL
        while await self._comes(self._unsaved, until):
            await self._checkpoint([w for w in self._running.values() if w.unsaved])
        await self._checkpoint([w for w in self._running.values() if w.changed])

    async def _checkpoint(self, changed: list[Writing]) -> None:
        texts = {writing.key: writing.text for writing in changed}
        thoughts = {writing.key: new for writing in changed if (new := writing.new_thoughts)}
        written = await self._database(Message.objects.checkpoint, texts, thoughts) if texts else ()
        for writing in changed:
            writing.held = writing.reply.pk not in written
            if not writing.held:
                writing.checkpointed = texts[writing.key]
                writing.saved_thoughts = thoughts.get(writing.key, writing.saved_thoughts)

    async def _watch_rows(self) -> None:
        """What is no longer ours to write is dropped: the bell of a stop may have been lost.

        A reply is not lost because somebody thought that this process was dead: it is taken back, with all of its text.
        """
        await asyncio.sleep(conf.CHECKPOINT_INTERVAL / 2)
        ours = {writing.key: writing for writing in self._running.values() if not writing.ending}
        gone = ours.keys() - await self._database(Message.objects.still_running, ours) if ours else set()
        stopped = await self._database(Message.objects.stopped, gone) if gone else set()
        for key in stopped:
            ours[key].cancel("stopped")
        await self._take_back([ours[key] for key in sorted(gone - stopped)])

    async def _take_back(self, writings: list[Writing]) -> None:
        """Somebody whose rows are held is looked for once, and again the next time."""
        held: set[Any] = set()
        for writing in writings:
            owner_id = writing.reply.conversation.owner_id
            if not writing.ending and owner_id not in held and await self._is_lost(writing, held.add):
                writing.cancel("lost")

    async def _is_lost(self, writing: Writing, hold: Callable[[Any], None]) -> bool:
        try:
            return not await self._database(engine.take_back, *as_it_is(writing))
        except DATABASE_AWAY as error:
            if not locks.is_locked(error):
                raise
            hold(writing.reply.conversation.owner_id)
            return False

    async def _hear_stops(self) -> None:
        """The row says whether it was this attempt: a bell may be late, and the reply be written again by then."""
        async with async_connection(patience=None).pubsub(ignore_subscribe_messages=True) as bell:
            await bell.subscribe(keys.stops())
            outages[self._hear_stops.__name__].ended()
            async for message in bell.listen():
                writing = self._running.get(UUID(message["data"].decode()))
                if writing and await self._database(Message.objects.stopped, [writing.key]):
                    writing.cancel("stopped")

    async def _turn(self) -> None:
        self._heartbeat.turned()
        await asyncio.sleep(conf.BEAT_INTERVAL)

    async def _look_after(self) -> None:
        """Replies of the dead, and those of ours of which we never learned that we had begun them."""
        if not self._ended:
            await self._database(self._reaper.look_after)
            await self._database(self._take_back_forgotten, {*self._running, *self._claiming})
            await self._database(self._reaper.purge)
        await asyncio.sleep(conf.BEAT_INTERVAL)

    def _take_back_forgotten(self, known: set[UUID]) -> None:
        forgotten = Message.objects.forgotten_by(self.worker_id, known).select_related("conversation")
        self._reaper.take_back(forgotten[:1000])

    async def _say_goodbye(self) -> None:
        self._ended = True
        try:
            await self._database(Worker.gone, self.worker_id)
        finally:
            await self._titles.end()
            if not self._running:
                await clients.close()
