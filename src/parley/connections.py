"""Connections to Valkey or Redis, each made once per process."""

from functools import lru_cache

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from .conf import conf

PATIENCE = 3.0
"""Seconds that a command may take before the server counts as gone."""


@lru_cache(maxsize=1)
def connection() -> Redis:
    """For synchronous code; safe in threads."""
    return Redis.from_url(conf.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=1)


def async_connection(*, patience: float | None = PATIENCE) -> AsyncRedis:
    """For one event loop. ``patience`` None: for a command that blocks."""
    return AsyncRedis.from_url(conf.REDIS_URL, socket_timeout=patience, socket_connect_timeout=1)
