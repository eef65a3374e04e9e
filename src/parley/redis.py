"""Connections to Valkey or Redis, and the names of what is kept there."""

from functools import lru_cache
from typing import Any
from uuid import UUID

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


def log_key(reply_id: UUID | str) -> str:
    """Name the stream that holds the log of a reply."""
    return f"{conf.KEY_PREFIX}:log:{reply_id}"


def unsaved_key(reply_id: UUID | str, attempt: int) -> str:
    """Name the text of an attempt that the database has not taken yet."""
    return f"{conf.KEY_PREFIX}:unsaved:{reply_id}:{attempt}"


def stops_channel() -> str:
    """Name the channel on which workers learn that a reply was stopped."""
    return f"{conf.KEY_PREFIX}:stops"


def models_key(provider: str) -> str:
    """Name the list of models that a provider has."""
    return f"{conf.KEY_PREFIX}:models:{provider}"


def test_key(connection_id: UUID | str) -> str:
    """Name the latest test of a connection."""
    return f"{conf.KEY_PREFIX}:test:{connection_id}"


def tests_key(person: str) -> str:
    """Name the tests of connections that a person has running."""
    return f"{conf.KEY_PREFIX}:tests:{person}"


def metrics_key() -> str:
    """Name the hash in which all processes count."""
    return f"{conf.KEY_PREFIX}:metrics"


def answer_key(question_id: UUID | str) -> str:
    """Name the list in which the answer to a question is left."""
    return f"{conf.KEY_PREFIX}:answer:{question_id}"


def leave(key: str, words: str) -> None:
    """Leave an answer for a minute. Raises RedisError."""
    with connection().pipeline() as pipeline:
        pipeline.rpush(key, words)
        pipeline.expire(key, 60)
        pipeline.execute()


def wake_key(hub_id: str) -> str:
    """Name the stream that wakes a waiting hub."""
    return f"{conf.KEY_PREFIX}:wake:{hub_id}"


def feeds_group() -> str:
    """Name the channel-layer group of all processes that have sockets."""
    return f"{conf.KEY_PREFIX}.feeds"
