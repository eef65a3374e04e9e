"""Text that readers have seen and that the database does not take: it is kept beside the log until the row is free.

A worker may be killed meanwhile; who recovers its replies finds here what their rows lack.
"""

from collections.abc import Iterable
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


async def keep(redis: AsyncRedis, writings: Iterable[Writing]) -> None:
    """Keep the text and the reasoning of these replies, in one round trip. Raises RedisError and OSError."""
    pipeline = redis.pipeline(transaction=False)
    for writing in writings:
        values = orjson.dumps({"content": writing.text, **writing.reasoning})
        pipeline.set(unsaved_key(*writing.key), values, ex=int(conf.ANSWER_TIMEOUT) + conf.LOG_TTL)
    await pipeline.execute()


def beyond(replies: Iterable[Message]) -> dict[UUID, dict[str, Any]]:
    """Return {reply: content, reasoning and its seconds} where the kept text goes on after that of the row.

    Nothing is found where there is no server.
    """
    attempts, found = {unsaved_key(reply.pk, reply.attempt): reply for reply in replies}, []
    with suppress(RedisError, OSError):
        found = connection().mget(attempts) if attempts else []
    kept = {reply.pk: orjson.loads(values) for reply, values in zip(attempts.values(), found, strict=False) if values}
    contents = {reply.pk: reply.content for reply in attempts.values()}
    return {pk: values for pk, values in kept.items() if _goes_on(values["content"], contents[pk])}


def _goes_on(text: str, begun: str) -> bool:
    return len(text) > len(begun) and text.startswith(begun)
