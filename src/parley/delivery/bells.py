"""One listener per ASGI process for the feeds that somebody here watches.

The channel layer rings at once and may lose, double or reorder; the poll of the feeds' versions
finds whatever was not heard. A watcher only ever learns that it should look.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from parley import keys
from parley.conf import conf
from parley.models import Feed
from parley.outages import Outage

from .broadcasts import ring_from
from .rights import rights

logger = logging.getLogger(__name__)

_layer = Outage(
    logger, "The channel layer cannot be joined (%s); the poll goes on.", "The channel layer is joined again."
)
_hearing = Outage(
    logger, "The channel layer cannot be heard (%s); the poll goes on.", "The channel layer is heard again."
)
_feeds = Outage(logger, "The feeds cannot be read (%s); trying again.", "The feeds are read again.")
_replies = Outage(
    logger, "The replies could not be looked after (%s); trying again.", "The replies are looked after again."
)
Watcher = Callable[[int, str], None]
"""Called with the version that the feed has come to, or BACK, and the tab whose form made it, or ""."""
BACK = -1
"""The feed is at a lower version than it was: an older database was restored."""
NO_FEED = (0, "")
"""Where somebody's feed is who has none, or has none any more."""


class Bells:
    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep = sweep
        self._watchers: dict[str, set[Watcher]] = {}
        self._joined: set[str] = set()
        self._polled: dict[str, tuple[int, str]] = {}
        self._channel = ""
        self._changed = asyncio.Event()
        self._duties: list[asyncio.Task[Any]] = []

    def watch(self, owner_id: Any, watcher: Watcher) -> None:
        self._watchers.setdefault(str(owner_id), set()).add(watcher)
        self._changed.set()
        if not any(duty for duty in self._duties if not duty.done()):
            ring_from(asyncio.get_running_loop())
            self._duties = [
                asyncio.create_task(duty()) for duty in (self._join, self._listen, self._poll, self._look_after)
            ]

    def unwatch(self, owner_id: Any, watcher: Watcher) -> None:
        watchers = self._watchers.get(str(owner_id), set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(str(owner_id), None)
            self._changed.set()

    def _ring(self, owner_id: str, version: int, tab: str) -> None:
        for watcher in tuple(self._watchers.get(owner_id, ())):
            watcher(version, tab)

    async def _join(self) -> None:
        """Keep the channel in the groups of those who are watched, and in no others."""
        while _goes_on():
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._regroup()
            except Exception as error:  # whatever a channel layer raises when its server is gone
                _layer.began(error)
                await asyncio.sleep(conf.FEED_POLL_INTERVAL)
                self._changed.set()
            else:
                _layer.ended()

    async def _regroup(self) -> None:
        layer = get_channel_layer()
        self._channel = self._channel or await layer.new_channel()
        for owner_id in self._watchers.keys() - self._joined:
            await layer.group_add(keys.feed_group(owner_id), self._channel)
            self._joined.add(owner_id)
        for owner_id in self._joined - self._watchers.keys():
            await layer.group_discard(keys.feed_group(owner_id), self._channel)
            self._joined.discard(owner_id)

    async def _listen(self) -> None:
        while _goes_on():
            try:
                if self._channel:
                    self._hear(await get_channel_layer().receive(self._channel))
                else:
                    await asyncio.sleep(0.05)
            except Exception as error:
                _hearing.began(error)
                await asyncio.sleep(conf.FEED_POLL_INTERVAL)
            else:
                _hearing.ended()

    def _hear(self, bell: dict[str, Any]) -> None:
        match bell.get("type"):
            case "rights.changed":
                rights().look_at(bell["owner"])
            case "sockets.close":
                rights().close(bell["owner"], bell.get("session", ""))
            case _:
                self._ring(bell["owner"], bell["version"], bell.get("tab", ""))

    async def _poll(self) -> None:
        """One query for everybody here."""
        while _goes_on():
            await asyncio.sleep(conf.FEED_POLL_INTERVAL)
            try:
                versions = await database_sync_to_async(Feed.versions)(tuple(self._watchers)) if self._watchers else {}
            except Exception as error:
                _feeds.began(error)
                continue
            _feeds.ended()
            self._heard_from_poll({str(owner_id): version for owner_id, version in versions.items()})

    def _heard_from_poll(self, versions: dict[str, tuple[int, str]]) -> None:
        before, self._polled = self._polled, {owner_id: versions.get(owner_id, NO_FEED) for owner_id in self._watchers}
        for owner_id, (version, tab) in self._polled.items():
            self._ring(owner_id, version if version >= before.get(owner_id, NO_FEED)[0] else BACK, tab)

    async def _look_after(self) -> None:
        """While somebody watches, replies of dead workers are seen to, even where no worker is left."""
        while _goes_on():
            await asyncio.sleep(conf.BEAT_INTERVAL)
            try:
                if self._watchers:
                    await database_sync_to_async(self._sweep)()
            except Exception as error:
                _replies.began(error)
            else:
                _replies.ended()


def _goes_on() -> bool:
    """Whether nobody has ended this task; that a library swallowed the news does not matter."""
    task = asyncio.current_task()
    return task is None or not task.cancelling()


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bells] = WeakKeyDictionary()


def bells(make_sweep: Callable[[], Callable[[], None]]) -> Bells:
    """The bells of the running event loop; ``make_sweep()`` gives what else to do every few seconds."""
    loop = asyncio.get_running_loop()
    if loop not in _bells:
        _bells[loop] = Bells(make_sweep())
    return _bells[loop]
