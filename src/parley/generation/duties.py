"""What a worker process does for all its replies at once: sends text to readers, saves it, and watches the rows."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from redis import RedisError

from parley import redis
from parley.conf import conf
from parley.models import Message, Worker, locks
from parley.models.locks import DATABASE_AWAY
from parley.outages import Outages
from parley.redis import async_connection

from . import engine, reserving, unsaved
from .database import Database
from .heartbeat import Heartbeat
from .reaper import Reaper
from .writing import Log, Running, Writing

logger = logging.getLogger(__name__)
outages = Outages(logger)

SOON = 0.01
"""Seconds within which first words are sent."""
THREADS = 6
"""One more than the duties that may wait for the database."""


class Duties:
    """Duties that go on as long as the event loop of their process."""

    def __init__(self, running: Running, log: Log, database: Database, worker_id: UUID, heartbeat: Heartbeat) -> None:
        self._running, self._log, self._database = running, log, database
        self._worker_id, self._heartbeat, self._reaper = worker_id, heartbeat, Reaper()
        self._redis, self._kept = async_connection(), set[tuple[UUID, int]]()
        self._saved_at, self._ended = time.monotonic(), False

    async def carry_out(self) -> None:
        """Carry out all duties, for ever."""
        for_replies = self.tell_readers, self.write_checkpoints, self.keep_unsaved, self.watch_rows, self.hear_stops
        await asyncio.gather(*map(self._forever, (*for_replies, self.hold_more, self.turn, self.sweep)))

    async def _forever(self, duty: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Repeat a duty whatever happens: database and Valkey come back."""
        while True:
            try:
                await duty()
            except (*DATABASE_AWAY, RedisError, OSError) as error:
                outages[duty.__name__].began(error)
            except Exception:
                logger.exception("%s failed; trying again.", duty.__name__)
            else:
                outages[duty.__name__].ended()
                continue
            await asyncio.sleep(0.5)

    async def end(self) -> None:
        """Delete the worker's row, and sweep no more."""
        self._ended = True
        await self._database(Worker.remove, self._worker_id)

    # Readers

    async def tell_readers(self) -> None:
        """Send what is new in all replies, in one round trip a tick, first words at once; wait for something new."""
        running = self._running
        await running.wake.wait()
        running.wake.clear()
        await self._tell(set(running.dirty))
        until = _now() + running.tick
        while await _comes(running.first_words, until):
            await self._tell(running.begun & running.dirty)
        if running.dirty:
            running.wake.set()

    async def _tell(self, replies: set[UUID]) -> None:
        running = self._running
        texts = {key: running[key].visible_text for key in replies & running.keys()}
        running.dirty -= replies
        running.begun -= replies
        running.dirty |= await self._log.write(texts) & running.keys()

    # Rows

    async def write_checkpoints(self) -> None:
        """Save what is new in all replies, in one transaction a second, and first words at once."""
        until = _now() + conf.CHECKPOINT_INTERVAL
        while await _comes(self._running.unsaved, until):
            await self._checkpoint([w for w in self._running.values() if w.unsaved])
        await self._checkpoint([w for w in self._running.values() if w.changed])
        self._saved_at = time.monotonic()

    async def keep_unsaved(self) -> None:
        """Keep outside of the database what it does not take now: this process may end before the rows are free."""
        await asyncio.sleep(conf.CHECKPOINT_INTERVAL / 2)
        late = time.monotonic() - self._saved_at > 1.5 * conf.CHECKPOINT_INTERVAL
        unsaved_now = {w.key: w for w in self._running.values() if w.changed and (late or w.held)}
        if unsaved_now or self._kept:
            await unsaved.keep(self._redis, unsaved_now.values(), self._kept - unsaved_now.keys())
            self._kept = {*unsaved_now}

    async def _checkpoint(self, changed: list[Writing]) -> None:
        texts = {writing.key: writing.text for writing in changed}
        reasoning = {writing.key: new for writing in changed if (new := writing.new_reasoning)}
        written = await self._database(Message.objects.checkpoint, texts, reasoning) if texts else ()
        for writing in changed:
            writing.held = writing.reply.pk not in written
            if not writing.held:
                writing.checkpointed = texts[writing.key]
                writing.saved_reasoning = reasoning.get(writing.key, writing.saved_reasoning)

    async def hold_more(self) -> None:
        """Have the budgets hold more for long answers, some seconds before they need it; no answer waits for it."""
        await self._running.short.wait()
        self._running.short.clear()
        if short := [writing for writing in self._running.values() if writing.needs_more]:
            await self._database(reserving.hold_more, short)

    async def watch_rows(self) -> None:
        """Drop replies that are no longer ours: the notification of a stop may have been lost.

        A reply that was taken away because this process seemed dead is reclaimed, with all of its text.
        """
        await asyncio.sleep(conf.CHECKPOINT_INTERVAL / 2)
        ours = {writing.key: writing for writing in self._running.values() if not writing.ending}
        lost = ours.keys() - await self._database(Message.objects.still_running, ours) if ours else set()
        stopped = await self._database(Message.objects.stopped, lost) if lost else set()
        for key in stopped:
            ours[key].cancel("stopped")
        await self._reclaim([ours[key] for key in sorted(lost - stopped)])

    async def _reclaim(self, writings: list[Writing]) -> None:
        """Reclaim replies; a person whose rows are held is tried once, and again the next time."""
        held: set[Any] = set()
        for writing in writings:
            if writing.ending or writing.reply.owner_id in held:
                continue
            try:
                if not await self._database(engine.reclaim, *writing.as_it_is):
                    writing.cancel("lost")
            except DATABASE_AWAY as error:
                if not locks.is_locked(error):
                    raise
                held.add(writing.reply.owner_id)

    async def hear_stops(self) -> None:
        """Stop replies as notified, if the row agrees: a late notification may be of an earlier attempt."""
        async with async_connection(patience=None).pubsub(ignore_subscribe_messages=True) as stops:
            await stops.subscribe(redis.stops_channel())
            outages[self.hear_stops.__name__].ended()
            async for message in stops.listen():
                writing = self._running.get(UUID(message["data"].decode()))
                if writing and await self._database(Message.objects.stopped, [writing.key]):
                    writing.cancel("stopped")

    # Processes

    async def turn(self) -> None:
        """Show the heartbeat that the event loop turns."""
        self._heartbeat.turned()
        await asyncio.sleep(conf.HEARTBEAT_INTERVAL)

    async def sweep(self) -> None:
        """Sweep replies of dead workers, and those of ours whose claim was committed without our learning of it."""
        if not self._ended:
            await self._database(self._reaper.recover_lost)
            await self._database(self._reclaim_forgotten, {*self._running, *self._running.claiming})
            await self._database(self._reaper.keep_budgets)
            await self._database(self._reaper.keep_rules)
            await self._database(self._reaper.purge)
        await asyncio.sleep(conf.HEARTBEAT_INTERVAL)

    def _reclaim_forgotten(self, known: set[UUID]) -> None:
        self._reaper.recover(Message.objects.forgotten_by(self._worker_id, known)[:1000])


async def _comes(event: asyncio.Event, until: float) -> bool:
    """Return whether an event is set before that time of the loop, and a moment later, so that more can join it."""
    try:
        async with asyncio.timeout_at(until):
            await event.wait()
            await asyncio.sleep(SOON)
    except TimeoutError:
        return False
    event.clear()
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()
