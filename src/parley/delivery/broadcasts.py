"""A doorbell to whoever watches a person's feed; it says that something changed, never what."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from parley import keys

logger = logging.getLogger(__name__)


_loop: asyncio.AbstractEventLoop | None = None


def ring_from(loop: asyncio.AbstractEventLoop) -> None:
    """From now on bells are rung by this event loop of the process, as long as it runs, and nobody waits for it."""
    global _loop
    _loop = loop


def feed_advanced(owner_id: Any, version: int, **kwargs: object) -> None:
    """Ring, after the commit of a change. A bell that is not heard is made up for by the feed's poll."""
    if get_channel_layer() is None:
        return
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(_ring(owner_id, version), _loop)
    else:
        async_to_sync(_ring)(owner_id, version)


async def _ring(owner_id: Any, version: int) -> None:
    bell = {"type": "feed.advanced", "owner": str(owner_id), "version": version}
    try:
        await get_channel_layer().group_send(keys.feed_group(owner_id), bell)
    except Exception as error:  # whatever a channel layer raises when its server is gone
        logger.warning("Watchers could not be told of a change (%s); they learn it from the feed.", error)
