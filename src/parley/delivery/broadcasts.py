"""A doorbell to whoever watches a person's feed; it says that something changed, never what."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from parley import keys

logger = logging.getLogger(__name__)


def feed_advanced(owner_id: Any, version: int, **kwargs: object) -> None:
    """Ring, after the commit of a change. A bell that is not heard is made up for by the feed's poll."""
    layer = get_channel_layer()
    if layer is None:
        return
    bell = {"type": "feed.advanced", "owner": str(owner_id), "version": version}
    try:
        async_to_sync(layer.group_send)(keys.feed_group(owner_id), bell)
    except Exception as error:  # whatever a channel layer raises when its server is gone
        logger.warning("Watchers could not be told of a change (%s); they learn it from the feed.", error)
