"""Reading the logs of all replies that sockets of this process follow, with one XREAD at a time."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis import RedisError

from parley import redis
from parley.ids import uuid7
from parley.outages import Outage
from parley.positions import Position, format_position, parse_position
from parley.redis import async_connection

from .per_loop import per_loop

logger = logging.getLogger(__name__)

_logs = Outage(logger, "The logs of replies cannot be read (%s); trying again.", "The logs of replies are read again.")
WAIT = 5_000
"""Milliseconds that one XREAD blocks; a new follower ends the wait."""
MAX_ENTRIES = 500
"""Entries that one XREAD takes from one log."""
PAUSE_EACH, LONGEST_PAUSE = 0.0001, 0.03
"""Seconds that a new follower waits for others, for each log and at most: a reading names every log."""


@dataclass(frozen=True, slots=True)
class End:
    """The last entry of a log, as in ``stream_log``; ``model`` is None where a page needs more of the row."""

    version: int
    model: str | None = None
    tokens: int = 0
    connection_title: str = ""


@dataclass(eq=False, slots=True)
class Follower:
    """A reader of the log of a reply, from a position on.

    ``deliver(position, payload)`` gets each entry once, in order; ``payload`` is JSON, or the End.
    """

    reply_id: UUID
    position: Position
    deliver: Callable[[str, bytes | End], None]


class Hub:
    """Deliver log entries to their followers; one task reads while there are any."""

    def __init__(self) -> None:
        self._id = str(uuid7())
        self._followers: dict[str, set[Follower]] = {}
        self._positions: dict[str, str] = {}
        self._woken = "0-0"
        self._waiting = self._left_out = False
        self._redis = async_connection()
        self._blocking = async_connection(patience=WAIT / 1000 + 3)
        self._tail: asyncio.Task[Any] | None = None
        self._waker: asyncio.Task[Any] | None = None

    def follow(self, follower: Follower) -> None:
        """Deliver all entries after the follower's position, beginning with those that the log has already."""
        key = redis.log_key(follower.reply_id)
        self._followers.setdefault(key, set()).add(follower)
        if key not in self._positions or follower.position < parse_position(self._positions[key]):
            self._positions[key] = format_position(follower.position)
            self._left_out = True
        if self._tail is None or self._tail.done():
            self._tail = asyncio.create_task(self._follow_all())
        if self._waiting and (self._waker is None or self._waker.done()):
            self._waker = asyncio.create_task(self._end_wait())

    def unfollow(self, follower: Follower) -> None:
        """Deliver nothing more to this follower."""
        key = redis.log_key(follower.reply_id)
        followers = self._followers.get(key, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(key, None)
            self._positions.pop(key, None)

    async def forget(self, reply_id: UUID) -> None:
        """Delete a log that has lost its beginning: its writer notices, and begins it again with the whole text."""
        with suppress(RedisError, OSError):
            await self._redis.delete(redis.log_key(reply_id))

    async def _end_wait(self) -> None:
        """End the wait of XREAD while it leaves out a follower; many that come at once cost one message."""
        while self._waiting and self._left_out:
            await asyncio.sleep(self._pause())
            if self._waiting and self._left_out:
                self._left_out = False
                await self._wake()

    def _pause(self) -> float:
        return min(LONGEST_PAUSE, PAUSE_EACH * len(self._positions))

    async def _wake(self) -> None:
        try:
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.xadd(redis.wake_key(self._id), {"w": 1}, maxlen=1)
            pipeline.expire(redis.wake_key(self._id), 60)
            await pipeline.execute()
        except (RedisError, OSError):
            logger.debug("The tail could not be woken; it goes on by itself.")

    async def _follow_all(self) -> None:
        """Read while there are followers; a lost server costs a pause, never an entry."""
        while self._followers:
            try:
                await self._read()
            except (RedisError, OSError) as error:
                _logs.began(error)
                await asyncio.sleep(0.5)
            else:
                _logs.ended()

    async def _read(self) -> None:
        wake = redis.wake_key(self._id)
        streams: dict[Any, Any] = {**self._positions, wake: self._woken}
        self._waiting, self._left_out = True, False
        try:
            replies: Any = await self._blocking.xread(streams, block=WAIT, count=MAX_ENTRIES)
        finally:
            self._waiting = False
        for name, entries in replies or ():
            key = name.decode()
            if key == wake:
                self._woken = entries[-1][0].decode()
            else:
                self._deliver(key, entries, streams[key])

    def _deliver(self, key: str, entries: list[Any], read_from: str) -> None:
        """Deliver to followers that have all before these entries; for a newer one, the next reading begins earlier."""
        since = parse_position(read_from)
        for entry_id, fields in entries:
            self._deliver_entry(key, since, entry_id.decode(), fields[b"f"] if b"f" in fields else _end(fields))
        if self._positions.get(key) == read_from:
            self._positions[key] = entries[-1][0].decode()

    def _deliver_entry(self, key: str, since: Position, text: str, payload: bytes | End) -> None:
        position = parse_position(text)
        for follower in tuple(self._followers.get(key, ())):
            if since <= follower.position < position:
                follower.position = position
                follower.deliver(text, payload)


def _end(fields: dict[bytes, bytes]) -> End:
    model = fields[b"model"].decode() if b"model" in fields else None
    title = fields.get(b"connection", b"").decode()
    return End(int(fields.get(b"end", 0)), model, int(fields.get(b"tokens", 0)), title)


@per_loop
def hub() -> Hub:
    """Return the hub of the running event loop."""
    return Hub()
