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


@dataclass(eq=False, slots=True)
class Follower:
    """A reader of the log of a reply, from a position on.

    ``deliver(position, payload)`` gets each entry once, in order; ``payload`` is JSON, and of the last entry a number:
    the version of the feed as of which the reply is settled, or 0.
    """

    reply_id: UUID
    position: Position
    deliver: Callable[[str, bytes | int], None]


class Hub:
    """Deliver log entries to their followers; one task reads while there are any."""

    def __init__(self) -> None:
        self._id = str(uuid7())
        self._followers: dict[str, set[Follower]] = {}
        self._positions: dict[str, Position] = {}
        self._woken = "0-0"
        self._waiting = self._waking = self._wake_again = False
        self._redis = async_connection()
        self._blocking = async_connection(patience=WAIT / 1000 + 3)
        self._tail: asyncio.Task[Any] | None = None

    async def follow(self, follower: Follower) -> None:
        """Deliver all entries after the follower's position, beginning with those that the log has already."""
        key = redis.log_key(follower.reply_id)
        self._followers.setdefault(key, set()).add(follower)
        self._positions[key] = min(follower.position, self._positions.get(key, follower.position))
        if self._tail is None or self._tail.done():
            self._tail = asyncio.create_task(self._follow_all())
        await self._end_wait()

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
        """End the wait of XREAD: many followers that come at once cost one message, and none while nothing waits."""
        if not self._waiting or self._waking:
            self._wake_again = self._waking
            return
        self._waking = True
        await self._wake()
        self._waking = False
        if self._wake_again:
            self._wake_again = False
            await self._end_wait()

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
        streams: dict[Any, Any] = {key: format_position(position) for key, position in self._positions.items()}
        self._waiting = True
        try:
            replies: Any = await self._blocking.xread({**streams, wake: self._woken}, block=WAIT, count=MAX_ENTRIES)
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
            payload = fields[b"f"] if b"f" in fields else int(fields.get(b"end", 0))
            self._deliver_entry(key, since, entry_id.decode(), payload)
        if key in self._positions and self._positions[key] >= since:
            self._positions[key] = parse_position(entries[-1][0].decode())

    def _deliver_entry(self, key: str, since: Position, text: str, payload: bytes | int) -> None:
        position = parse_position(text)
        for follower in tuple(self._followers.get(key, ())):
            if since <= follower.position < position:
                follower.position = position
                follower.deliver(text, payload)


@per_loop
def hub() -> Hub:
    """Return the hub of the running event loop."""
    return Hub()
