"""The channel layer of Parley's notifications."""

import threading
from typing import Any

from channels import layers
from channels_redis.pubsub import RedisPubSubChannelLayer

from parley.conf import conf

ALIASES = ("parley", "default")
"""Entries of CHANNEL_LAYERS, the first of which is used."""
_lock = threading.Lock()


def get_channel_layer() -> Any:
    """Return the host's channel layer for Parley, else its default one, else one that is made of ``REDIS_URL``."""
    with _lock:
        found = next(filter(None, map(layers.get_channel_layer, ALIASES)), None)
        return found or _made()


def _made() -> Any:
    """Keep the layer where Channels keeps those of the settings."""
    address = {"address": conf.REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 2}
    layer = RedisPubSubChannelLayer(hosts=[address])
    layers.channel_layers.set(ALIASES[0], layer)
    return layer
