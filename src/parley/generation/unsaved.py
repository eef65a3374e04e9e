"""Text that readers have seen and that the database does not take: it is kept beside the log until the row is free.

A worker may be killed meanwhile; who recovers its replies finds here what their rows lack.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from redis import RedisError
from redis.asyncio import Redis as AsyncRedis

from parley.conf import conf
from parley.models import Message
from parley.redis import connection, unsaved_key

from .writing import Writing

PORTION = 50
"""Replies that are asked for at once; each may have a million characters."""


async def keep(redis: AsyncRedis, writings: Iterable[Writing], saved: Collection[tuple[UUID, int]]) -> None:
    """Keep text and reasoning of these replies, and no more those of ``saved``. Raises RedisError and OSError."""
    pipeline = redis.pipeline(transaction=False)
    for writing in writings:
        values = orjson.dumps({"content": writing.text, **writing.reasoning})
        pipeline.set(unsaved_key(*writing.key), values, ex=int(conf.ANSWER_TIMEOUT) + conf.LOG_TTL)
    for key in saved:
        pipeline.delete(unsaved_key(*key))
    await pipeline.execute()


def beyond(replies: Sequence[Message]) -> dict[UUID, dict[str, Any]]:
    """Return {reply: content, reasoning and its seconds} where the kept text goes on after that of the row.

    Nothing is found where there is no server.
    """
    found: dict[UUID, dict[str, Any]] = {}
    with suppress(RedisError, OSError):
        for start in range(0, len(replies), PORTION):
            portion = replies[start : start + PORTION]
            values: Any = connection().mget([unsaved_key(reply.pk, reply.attempt) for reply in portion])
            found |= {
                reply.pk: kept for reply, value in zip(portion, values, strict=True) if (kept := _read(reply, value))
            }
    return found


def forget(reply: Message) -> None:
    """Keep nothing of a reply that has been recovered."""
    with suppress(RedisError, OSError):
        connection().delete(unsaved_key(reply.pk, reply.attempt))


def _read(reply: Message, value: bytes | None) -> dict[str, Any]:
    with suppress(ValueError, KeyError, TypeError):
        kept: dict[str, Any] = orjson.loads(value or b"{}")
        if len(kept["content"]) > len(reply.content) and kept["content"].startswith(reply.content):
            return kept
    return {}
