"""One listener per ASGI process for the feeds that its sockets watch.

The channel layer notifies at once, and may lose, double or reorder notifications; a poll of the feeds' versions makes
up for all of these. A watcher only ever learns that it should look.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async

from parley import redis
from parley.conf import conf
from parley.models import Feed
from parley.outages import Outage

from .layer import get_channel_layer
from .notify import Notification, notifier, notify_from
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
_sweeper = ThreadPoolExecutor(1, thread_name_prefix="parley-sweep")
"""A sweep may wait long for SQLite's lock, and all sockets read the database in one other thread."""
JOIN_EVERY = 10.0
"""Seconds. Layers that keep the members of a group on the server forget them after a day, and when it starts anew."""
Watcher = Callable[[int, str], None]
"""Called with the new version of the feed, or BACK, and the tab whose form made it, or ""."""
BACK = -1
"""The feed is at a lower version than it was: an older database was restored."""
NO_FEED = (0, "")
"""(version, tab) of a person without a feed."""


class Listener:
    """Call watchers when the feed of their person advances, and ``sweep()`` every HEARTBEAT_INTERVAL meanwhile."""

    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep = sweep
        self._watchers: dict[str, set[Watcher]] = {}
        self._polled: dict[str, tuple[int, str]] = {}
        self._channel, self._joined = "", asyncio.Event()
        self._duties: list[asyncio.Task[Any]] = []

    def watch(self, owner_id: Any, watcher: Watcher) -> None:
        """Call this watcher from now on."""
        self._watchers.setdefault(str(owner_id), set()).add(watcher)
        if all(duty.done() for duty in self._duties):
            notify_from(asyncio.get_running_loop())
            notifier().hear = self._hear
            pause = conf.FEED_POLL_INTERVAL
            duties = (
                _repeat(self._join, _layer, pause),
                _repeat(self._listen, _hearing, pause),
                _repeat(self._poll, _feeds),
                _repeat(self._sweep_forever, _replies),
            )
            self._duties = [asyncio.create_task(duty) for duty in duties]

    def unwatch(self, owner_id: Any, watcher: Watcher) -> None:
        """Call this watcher no more."""
        watchers = self._watchers.get(str(owner_id), set())
        watchers.discard(watcher)
        if not watchers:
            self._watchers.pop(str(owner_id), None)

    def _notify_watchers(self, owner_id: str, version: int, tab: str) -> None:
        for watcher in tuple(self._watchers.get(owner_id, ())):
            watcher(version, tab)

    async def _join(self) -> None:
        """Join the group of all processes, and again from time to time."""
        if self._joined.is_set():
            await asyncio.sleep(JOIN_EVERY)
        layer = get_channel_layer()
        self._channel = self._channel or await layer.new_channel()
        await layer.group_add(redis.feeds_group(), self._channel)
        self._joined.set()

    async def _listen(self) -> None:
        """Hear what other processes tell; what this one tells was heard here at once."""
        await self._joined.wait()
        message = await get_channel_layer().receive(self._channel)
        if message["sender"] != notifier().id:
            for notification in message["notifications"]:
                self._hear(notification)

    def _hear(self, notification: Notification) -> None:
        if (owner_id := notification["owner"]) not in self._watchers:
            return
        match notification["type"]:
            case "rights.changed":
                rights().look_at(owner_id)
            case "sockets.close":
                rights().close(owner_id, notification.get("session", ""))
            case "feed.advanced":
                self._notify_watchers(owner_id, notification["version"], notification["tab"])

    async def _poll(self) -> None:
        """Ask for the versions of all watched feeds, in one query."""
        await asyncio.sleep(conf.FEED_POLL_INTERVAL)
        versions = await database_sync_to_async(Feed.versions)(tuple(self._watchers)) if self._watchers else {}
        self._heard_from_poll({str(owner_id): version for owner_id, version in versions.items()})

    def _heard_from_poll(self, versions: dict[str, tuple[int, str]]) -> None:
        before, self._polled = self._polled, {owner_id: versions.get(owner_id, NO_FEED) for owner_id in self._watchers}
        for owner_id, (version, tab) in self._polled.items():
            self._notify_watchers(owner_id, version if version >= before.get(owner_id, NO_FEED)[0] else BACK, tab)

    async def _sweep_forever(self) -> None:
        """Sweep while somebody watches: replies of dead workers are reclaimed even where no worker is left."""
        await asyncio.sleep(conf.HEARTBEAT_INTERVAL)
        if self._watchers:
            await database_sync_to_async(self._sweep, thread_sensitive=False, executor=_sweeper)()


async def _repeat(step: Callable[[], Awaitable[None]], outage: Outage, pause: float = 0) -> None:
    """Take a step again and again; after one that failed, pause for so many seconds."""
    while _goes_on():
        try:
            await step()
        except Exception as error:  # whatever a channel layer or a database raises when its server is gone
            outage.began(error)
            await asyncio.sleep(pause)
        else:
            outage.ended()


def _goes_on() -> bool:
    """Whether this task was not cancelled, by its own count: a library may have swallowed the exception."""
    task = asyncio.current_task()
    return task is None or not task.cancelling()
