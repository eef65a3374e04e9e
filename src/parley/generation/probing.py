"""Tests of connections as pages see them: begin one, and look what has become of it. Kept in Valkey for an hour."""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from redis import RedisError

from parley import broker, errors, redis
from parley.models import Connection
from parley.redis import connection as valkey

KEPT_FOR, GONE_AFTER = 3600, 60
"""Seconds. A test takes at most 40; of one that takes longer, the worker is gone."""
AT_ONCE = 3
"""Tests that one person may have running."""
SENTENCES = {
    "worker_gone": _("No worker has finished this test. See whether the workers run, then test again."),
    "too_many_tests": _("Three of your tests are running. Wait until one of them has ended, then test again."),
    "no_model": _("The provider lists no model. Name one among the models of this connection, then test again."),
}
"""Codes that only tests have, or mean otherwise than replies; all others are of parley.errors."""


@dataclass(frozen=True)
class Result:
    """What is known of a test; ``status``: waiting, running, done or failed; ``at``: when it began.

    ``models``: how many are listed, None without a list; ``names``: the first of them; ``model``: the one that was
    asked; ``text``: how its answer begins; ``code``: why the test failed; ``detail``: the provider's own words;
    ``cause``: those of the network.
    """

    status: str
    at: datetime
    models: int | None = None
    names: tuple[str, ...] = ()
    model: str = ""
    first_token_ms: int | None = None
    text: str = ""
    code: str = ""
    detail: str = ""
    cause: str = ""

    @property
    def settled(self) -> bool:
        return self.status in ("done", "failed")


@dataclass(frozen=True)
class Probe:
    """A test that a worker carries out; one that was begun later takes its place. ``at``: seconds, as text."""

    connection_id: UUID
    at: bytes
    person: str

    def note(self, status: str, **facts: Any) -> None:
        """Note how it stands. Raises RedisError."""
        if status in ("done", "failed"):
            valkey().zrem(redis.tests_key(self.person), _member(self.connection_id, self.at))
        if valkey().hget(redis.test_key(self.connection_id), "at") == self.at:
            valkey().hset(redis.test_key(self.connection_id), "result", orjson.dumps({"status": status, **facts}))


def begin(connection: Connection, model: str = "", person: Any = None) -> None:
    """Have a worker test a connection, unless one does so; ``person``: the id of who asks, by default its owner."""
    running = result(connection)
    if running and not running.settled and connection.updated_at <= running.at:
        return
    probe = Probe(connection.pk, repr(time.time()).encode(), str(person or connection.owner_id or ""))
    waiting = orjson.dumps({"status": "waiting", "model": model})
    with suppress(RedisError, OSError):
        kept: Any = {"at": probe.at, "person": probe.person, "result": waiting}
        valkey().hset(redis.test_key(connection.pk), mapping=kept)
        valkey().expire(redis.test_key(connection.pk), KEPT_FOR)
        if not _is_admitted(probe):
            probe.note("failed", code="too_many_tests")
        elif not broker.send("parley.test_connection", str(connection.pk), model):
            probe.note("failed", code="worker_gone")


def result(connection: Connection) -> Result | None:
    """Return how the latest test of a connection stands; None where there is none, or Valkey is away."""
    with suppress(RedisError, OSError):
        return _result(valkey().hgetall(redis.test_key(connection.pk)))
    return None


def _result(kept: dict[Any, Any]) -> Result | None:
    if not kept:
        return None
    at, facts = datetime.fromtimestamp(float(kept[b"at"]), UTC), orjson.loads(kept[b"result"])
    found = Result(**{**facts, "at": at, "names": tuple(facts.get("names", ()))})
    is_gone = not found.settled and (datetime.now(UTC) - at).total_seconds() > GONE_AFTER
    return replace(found, status="failed", code="worker_gone") if is_gone else found


def sentence(result: Result, connection: Connection) -> str:
    """Return why a test failed, in the person's language."""
    if result.code in SENTENCES:
        return gettext(SENTENCES[result.code])
    return errors.sentence(result.code, model=result.model, provider=connection.nameplate)


def taken(connection_id: UUID) -> Probe | None:
    """Return the test of a connection that is to be carried out, if one still is. Raises RedisError."""
    kept: Any = valkey().hgetall(redis.test_key(connection_id))
    found = _result(kept)
    if found is None or found.settled:
        return None
    probe = Probe(connection_id, kept[b"at"], kept[b"person"].decode())
    probe.note("running", model=found.model)
    return probe


def _is_admitted(probe: Probe) -> bool:
    """Count a test of a person; return whether it is not one too many."""
    key, member, at = redis.tests_key(probe.person), _member(probe.connection_id, probe.at), float(probe.at)
    with valkey().pipeline() as pipeline:
        pipeline.zremrangebyscore(key, 0, at - GONE_AFTER)
        pipeline.zadd(key, {member: at})
        pipeline.zcard(key)
        pipeline.expire(key, KEPT_FOR)
        count = pipeline.execute()[2]
    if count > AT_ONCE:
        valkey().zrem(key, member)
    return bool(count <= AT_ONCE)


def _member(connection_id: UUID, at: bytes) -> str:
    return f"{connection_id}:{at.decode()}"
