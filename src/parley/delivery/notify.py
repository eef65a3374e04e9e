"""Notifying those who watch a person's feed: that something changed, never what."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from parley import redis
from parley.outages import Outage

logger = logging.getLogger(__name__)

_layer = Outage(
    logger,
    "Watchers could not be told of a change (%s); they learn it from the feed.",
    "Watchers are told of changes again.",
)
_loop: asyncio.AbstractEventLoop | None = None


def notify_from(loop: asyncio.AbstractEventLoop) -> None:
    """Notify from this event loop of the process from now on, as long as it runs, so that nobody waits."""
    global _loop
    _loop = loop


def feed_advanced(owner_id: Any, version: int, tab: str, **kwargs: object) -> None:
    """Notify after the commit of a change; the feed's poll makes up for a notification that is lost."""
    tell(owner_id, {"type": "feed.advanced", "version": version, "tab": tab})


def tell(owner_id: Any, notification: dict[str, Any]) -> None:
    """Notify every process that has a socket of this person, without waiting where an event loop runs."""
    if get_channel_layer() is None:
        return
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(_send(owner_id, notification), _loop)
    else:
        async_to_sync(_send)(owner_id, notification)


async def _send(owner_id: Any, notification: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(redis.feed_group(owner_id), {**notification, "owner": str(owner_id)})
    except Exception as error:  # whatever a channel layer raises when its server is gone
        _layer.began(error)
    else:
        _layer.ended()
