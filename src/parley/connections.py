"""Connections to Valkey or Redis."""

from functools import lru_cache
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry

from parley.conf import conf

PATIENCE = 3.0
"""Seconds that a command may take before the server counts as unreachable."""
AGAIN = ConstantBackoff(0.05), 1
"""One more try, for a connection that a restart has broken; the library's own back-off takes seconds."""
ONCE = NoBackoff(), 0
"""For callers who must know that a connection broke before anything is sent again."""


@lru_cache(maxsize=1)
def connection() -> Redis:
    """Return this process's connection for synchronous code; safe in threads."""
    return Redis.from_url(conf.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=1, retry=Retry(*AGAIN))


def async_connection(*, patience: float | None = PATIENCE, again: Any = AGAIN) -> AsyncRedis:
    """Return a new connection for one event loop; ``patience`` None for a command that blocks."""
    return AsyncRedis.from_url(
        conf.REDIS_URL, socket_timeout=patience, socket_connect_timeout=1, retry=AsyncRetry(*again)
    )
