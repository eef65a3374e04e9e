"""The log of a reply: one Redis Stream of splices while it is written.

An entry's id is ``<attempt>-<seq>``. Redis refuses a lower id, so a worker that was thought dead is fenced off.
Its field is ``f``, a payload of ``splice`` as JSON, or in the last entry ``end``, the version of the person's feed at
which the row has everything (0 where the worker does not know it). With ``model``, ``tokens`` and ``connection`` (its
title) beside it, the log has the whole text as the row does, and a page needs nothing else of the row.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any
from uuid import UUID

import orjson
from redis import Redis, RedisError, ResponseError
from redis.asyncio import Redis as AsyncRedis

from parley import markdown
from parley.choice import name_of
from parley.conf import conf
from parley.models import Message, Role
from parley.outages import Outage
from parley.positions import Position, format_position
from parley.redis import connection, log_key

from .splice import REASONING, Payload, Splicer, fold_both, is_whole

logger = logging.getLogger(__name__)

_ends = Outage(
    logger,
    "The end of a reply could not be told (%s); pages learn it from the feed.",
    "The ends of replies are told again.",
)
RENDERING_SHARE = 20
"""A reply rests for 20 times as long as its last rendering took, so that rendering takes 5 % of the time at most."""


@dataclass(slots=True)
class _Log:
    attempt: int
    seq: int = 0
    whole_due: bool = True
    exists: bool = False
    due_at: float = 0.0
    answer: Splicer = field(default_factory=Splicer)
    reasoning: Splicer = field(default_factory=lambda: Splicer(markdown.parse_open_plain))


class LogWriter:
    """Write the logs of all replies that run in this process, in one round trip a tick, over one connection.

    The writer would take a second connection for a new one, after which it writes every reply again as a whole.
    """

    def __init__(self, redis: AsyncRedis) -> None:
        self._redis, self._one_at_a_time = redis, asyncio.Lock()
        self._logs: dict[UUID, _Log] = {}
        self._known: set[Any] = set()
        self._behind: set[UUID] = set()

    def begin(self, reply_id: UUID, attempt: int) -> None:
        """Begin the log of an attempt of a reply, with nothing in it."""
        self._logs[reply_id] = _Log(attempt)

    def forget(self, reply_id: UUID) -> None:
        """Write nothing more of this reply."""
        self._logs.pop(reply_id, None)

    async def write(self, texts: dict[UUID, tuple[str, str]]) -> set[UUID]:
        """Write what changed in {reply: (answer, reasoning)}; return the replies that were not due, or not written."""
        now = time.monotonic()
        async with self._one_at_a_time, self._redis.pipeline(transaction=True) as pipeline:
            try:
                await self._connect(pipeline)
            except (RedisError, OSError):
                return set(texts)
            due = {key: sent for key, sent in texts.items() if self._is_due(key, now)}
            entries = [(key, payload) for key, sent in due.items() for payload in self._render(self._logs[key], *sent)]
            failed = await self._append(pipeline, entries) if entries else set()
        behind, self._behind = self._behind & self._logs.keys() - due.keys(), set()
        return (texts.keys() - due.keys()) | failed | behind

    def _is_due(self, reply_id: UUID, now: float) -> bool:
        """Whether the reply has rested from its last rendering; it may have ended while the writer connected."""
        return reply_id in self._logs and self._logs[reply_id].due_at <= now

    async def _connect(self, pipeline: Any) -> None:
        """Connect before anything is rendered: what is written next depends on what the server still has."""
        pool: Any = self._redis.connection_pool
        connection = pipeline.connection = await pool.get_connection()
        if connection not in self._known:
            self._known.add(connection)
            connection.register_connect_callback(self._connected)
            self._connected(connection)

    def _connected(self, connection: Any) -> None:
        """Write every reply again as a whole: a server that was away may be back with less than it had."""
        self._behind = set(self._logs)
        for log in self._logs.values():
            log.whole_due = True

    def _render(self, log: _Log, answer: str, reasoning: str) -> list[Payload]:
        started = time.monotonic()
        payloads = [log.answer.advance(answer), log.reasoning.advance(reasoning)]
        ended = time.monotonic()
        log.due_at = ended + RENDERING_SHARE * (ended - started)
        if log.whole_due:
            payloads = [log.answer.whole(), log.reasoning.whole() if reasoning else []]
        return payloads[:1] * bool(payloads[0]) + [[REASONING, *payload] for payload in payloads[1:] if payload]

    async def _append(self, pipeline: Any, entries: list[tuple[UUID, Payload]]) -> set[UUID]:
        for reply_id, payload in entries:
            self._add(pipeline, reply_id, {"f": orjson.dumps(payload)})
        for reply_id, _ in entries:
            if not self._logs[reply_id].exists:
                pipeline.expire(log_key(reply_id), int(conf.ANSWER_TIMEOUT) + conf.LOG_TTL)
        try:
            results = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            results = [error] * len(entries)
        lost = {key for (key, _), result in zip(entries, results, strict=False) if _is_lost(result)}
        for reply_id in {key for key, _ in entries} & self._logs.keys():
            log = self._logs[reply_id]
            log.whole_due = reply_id in lost
            log.exists = not log.whole_due
        return lost & self._logs.keys()

    def _add(self, pipeline: Any, reply_id: UUID, fields: dict[str, Any]) -> None:
        log = self._logs[reply_id]
        log.seq += 1
        pipeline.xadd(log_key(reply_id), fields, id=f"{log.attempt}-{log.seq}", nomkstream=log.exists)

    async def end(self, ended: dict[UUID, Message | None]) -> None:
        """Write the last entries of replies, and let the logs expire; {reply: as it settled, or None if unknown}."""
        pipeline = self._redis.pipeline(transaction=True)
        for reply_id in self._logs.keys() & ended.keys():
            self._add_last(pipeline, self._logs[reply_id], reply_id, ended[reply_id])
            pipeline.expire(log_key(reply_id), conf.LOG_TTL)
            self.forget(reply_id)
        try:
            async with self._one_at_a_time:
                await pipeline.execute(raise_on_error=False)
            _ends.ended()
        except (RedisError, OSError) as error:
            _ends.began(error)

    def _add_last(self, pipeline: Any, log: _Log, reply_id: UUID, settled: Message | None) -> None:
        fields: dict[str, Any] = {"end": settled.version if settled else 0}
        if settled and settled.is_plain:
            changed = log.answer.finish(settled.blocks)
            if payload := log.answer.whole() if log.whole_due else changed:
                self._add(pipeline, reply_id, {"f": orjson.dumps(payload)})
            fields |= {"model": name_of(settled.model), "tokens": settled.tokens}
            fields["connection"] = settled.connection_title
        self._add(pipeline, reply_id, fields)


def _is_lost(result: Any) -> bool:
    """Whether readers lack an entry that they should have; one that was refused as too old they should not."""
    if isinstance(result, ResponseError) and "equal or smaller" in str(result):
        return False
    return result is None or isinstance(result, Exception)


def entries_since(redis: Redis, reply_id: UUID, position: Position) -> list[tuple[str, Payload]]:
    """Return (position, payload) of all entries after a position; none where there is no log or no server."""
    try:
        entries: Any = redis.xrange(log_key(reply_id), min=f"({format_position(position)}")
    except (RedisError, OSError):
        return []
    return [(entry_id.decode(), orjson.loads(fields[b"f"])) for entry_id, fields in entries if b"f" in fields]


def forget(redis: Redis, reply_id: UUID) -> None:
    """Delete a log that has lost its beginning: its writer notices, and begins it again with the whole text."""
    with suppress(RedisError, OSError):
        redis.delete(log_key(reply_id))


def show_live(messages: Iterable[Message]) -> None:
    """Give replies whose rows have no text yet the HTML that readers were sent, as far as the log has it whole."""
    for message in messages:
        if message.role == Role.ASSISTANT and not message.html and message.attempt:
            entries = entries_since(connection(), message.pk, message.past)
            if not entries:
                continue
            message.live_position, payloads = entries[-1][0], [payload for _, payload in entries]
            if not is_whole(payloads[0]):
                forget(connection(), message.pk)
            answer, reasoning = fold_both(dropwhile(lambda payload: not is_whole(payload), payloads))
            message.live_html = "".join(map(markdown.closed, answer))
            message.live_reasoning = "".join(map(markdown.closed, reasoning))
