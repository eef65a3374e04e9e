"""Notifying those who watch a person's feed: that something changed, never what."""

import asyncio
import logging
from collections.abc import Callable
from contextvars import Context
from typing import Any

from asgiref.sync import async_to_sync

from parley import redis
from parley.ids import uuid7
from parley.outages import Outage

from .layer import get_channel_layer
from .per_loop import per_loop

logger = logging.getLogger(__name__)

GATHER = 0.02
"""Seconds in which notifications of other processes are gathered: what many change at once is one message."""
Notification = dict[str, Any]

_layer = Outage(
    logger,
    "Watchers could not be told of a change (%s); they learn it from the feed.",
    "Watchers are told of changes again.",
)
_loop: asyncio.AbstractEventLoop | None = None


class Notifier:
    """Notify the watchers of this process at once, and all other processes together a moment later.

    ``id`` marks its messages, which come back to its own process; ``hear(notification)`` is for the watchers here.
    """

    def __init__(self) -> None:
        self.id = str(uuid7())
        self.hear: Callable[[Notification], None] = lambda _: None
        self._waiting: list[Notification] = []
        self._sending: asyncio.Task[None] | None = None

    def notify(self, notification: Notification) -> None:
        """Call it in the event loop."""
        self._waiting.append(notification)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())
        self.hear(notification)

    async def _send_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER)
            now, self._waiting = self._waiting, []
            await _send(now, self.id)


@per_loop
def notifier() -> Notifier:
    """Return the notifier of the running event loop."""
    return Notifier()


def notify_from(loop: asyncio.AbstractEventLoop) -> None:
    """Notify from this event loop of the process from now on, as long as it runs, so that nobody waits."""
    global _loop
    _loop = loop


def feed_advanced(owner_id: Any, version: int, tab: str, **kwargs: object) -> None:
    """Notify after the commit of a change; the feed's poll makes up for a notification that is lost."""
    tell(owner_id, {"type": "feed.advanced", "version": version, "tab": tab})


def tell(owner_id: Any, notification: Notification) -> None:
    """Notify every process that has a socket of this person, without waiting where an event loop runs."""
    notification = {**notification, "owner": str(owner_id)}
    if _loop is not None and _loop.is_running():
        # In a context of its own: that of the request says that its thread is taken, and nothing could be looked up.
        _loop.call_soon_threadsafe(lambda: notifier().notify(notification), context=Context())
    else:
        async_to_sync(_send)([notification])


async def _send(notifications: list[Notification], sender: str = "") -> None:
    try:
        message = {"type": "notifications", "sender": sender, "notifications": notifications}
        await get_channel_layer().group_send(redis.feeds_group(), message)
    except Exception as error:  # whatever a channel layer raises when its server is gone
        _layer.began(error)
    else:
        _layer.ended()
