"""The models that a provider lists: asked for at most once an hour, kept in Valkey for all processes."""

import hashlib
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import httpx2
import orjson
from redis import RedisError

from parley import redis
from parley.outages import Outage
from parley.provider import Provider
from parley.redis import connection

from .reach import LARGEST_REFUSAL, listing

logger = logging.getLogger(__name__)

FRESH_FOR, KEPT_FOR = 3600, 7 * 24 * 3600
"""Seconds. An old list is better than none while the provider is away."""
BETWEEN_TRIES = 10
"""Seconds in which the provider is asked at most once, however many people press the button."""
BETWEEN_REFRESHES = 60
BETWEEN_READS = 5
PATIENCE = 5.0
LONGEST_LIST, MAX_NAMES, LONGEST_NAME = 8_000_000, 2000, 200
WILD = frozenset("*?[")
_away_until = 0.0
_list = Outage(logger, "The list of models cannot be read (%s).", "The list of models is read again.")


@dataclass(frozen=True)
class Offer:
    """The models to choose from; ``old``: whether to ask for them again; ``at``: when the provider listed them."""

    names: tuple[str, ...] = ()
    old: bool = False
    at: datetime | None = None


def offered(provider: Provider) -> Offer:
    """Return the models to choose from, as last kept: no page waits for the provider."""
    kept = _kept(provider)
    if not kept:  # a provider that lists no models may have those that the settings give in full
        return Offer(tuple(name for name in provider.models if not WILD & set(name)), old=kept is not None)
    names = tuple(filter(provider.allows, orjson.loads(kept[b"names"])))
    at = datetime.fromtimestamp(float(kept[b"at"]), UTC)
    return Offer(names, old=(datetime.now(UTC) - at).total_seconds() > FRESH_FOR, at=at)


def _kept(provider: Provider) -> dict[Any, Any] | None:
    """Return the kept list, None while Valkey is away; of many pages, one in five seconds waits for it."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        kept = connection().hgetall(_key(provider))
    except (RedisError, OSError) as error:
        _away_until = time.monotonic() + BETWEEN_READS
        _list.began(error)
        return None
    _list.ended()
    return kept


def refresh(provider: Provider) -> bool:
    """Ask the provider, unless somebody just did; return whether the list was renewed."""
    global _away_until
    key = _key(provider)
    try:
        if not connection().set(f"{key}:asked", 1, nx=True, ex=BETWEEN_TRIES):
            return False
        names = listed(_ask(provider), provider.hidden)
        connection().hset(key, mapping={"names": orjson.dumps(names), "at": time.time()})
        connection().expire(key, KEPT_FOR)
        _away_until = 0.0
    except (httpx2.HTTPError, RedisError, OSError, ValueError, ImportError) as error:
        logger.warning("The provider's models cannot be listed: %s", provider.redacted(error))
        return False
    return True


def claim_refresh(provider: Provider) -> bool:
    """Return whether no other process has enqueued a refresh within the last minute."""
    try:
        return bool(connection().set(f"{_key(provider)}:enqueued", 1, nx=True, ex=BETWEEN_REFRESHES))
    except (RedisError, OSError):
        return False


def _key(provider: Provider) -> str:
    """Return the key in Valkey; another provider, or another API key, has other models."""
    return redis.models_key(hashlib.sha256(f"{provider.base_url}\n{provider.key}".encode()).hexdigest()[:32])


def _ask(provider: Provider) -> Any:
    """Return the JSON of GET /models. Raises ValueError for a refusal, and for a body too long, too slow or no JSON."""
    until, body = time.monotonic() + PATIENCE, bytearray()
    with listing(provider, PATIENCE) as client, client.stream("GET", "models") as response:
        refused = response.status_code >= 300
        for piece in response.iter_bytes(65536):
            body += piece
            if refused and len(body) >= LARGEST_REFUSAL:
                break
            if len(body) > LONGEST_LIST or time.monotonic() > until:
                raise ValueError("The list is too long, or comes too slowly.")
    if refused:
        raise ValueError(f"{response.status_code}: {bytes(body).decode('utf-8', 'replace')}")
    return orjson.loads(body)


def listed(body: Any, hidden: Iterable[str]) -> list[str]:
    """Return the models of a provider's list that match none of the patterns ``hidden``, sorted, each once. Pure.

    The list does not say what a model is for, so its name decides. Raises ValueError for what is no list.

    >>> listed({"data": [{"id": "small-chat"}, {"id": "big-embed"}, {"id": "big-chat"}]}, hidden=["*embed*"])
    ['big-chat', 'small-chat']
    """
    rows = body.get("data") if isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise ValueError("This is no list of models.")
    names = {name for name in _names(rows) if not any(fnmatchcase(name.casefold(), pattern) for pattern in hidden)}
    return sorted(names, key=lambda name: (name.casefold(), name))[:MAX_NAMES]


def _names(rows: Iterable[Any]) -> Iterable[str]:
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip():
            yield name
