"""The models that the provider has: asked at most once an hour, kept in Valkey for all processes."""

import hashlib
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import httpx2
import openai
import orjson
from redis import RedisError

from parley import keys
from parley.conf import conf
from parley.connections import connection
from parley.models.tuned import may_ask
from parley.outages import Outage

from .clients import listing
from .provider import redacted

logger = logging.getLogger(__name__)

FRESH_FOR, KEPT_FOR = 3600, 7 * 24 * 3600
"""Seconds. An old list is better than none while the provider is away."""
BETWEEN_TRIES = 10
"""Seconds in which the provider is asked once at most, however many people want it to be."""
BETWEEN_RINGS = 60
BETWEEN_READS = 5
PATIENCE = 5.0
LONGEST_LIST, MOST_NAMES, LONGEST_NAME = 8_000_000, 2000, 200
WILD = frozenset("*?[")
_away_until = 0.0
_list = Outage(logger, "The list of models cannot be read (%s).", "The list of models is read again.")


@dataclass(frozen=True)
class Offer:
    """``names``: what may be chosen; ``old``: whether somebody should ask again; ``at``: when the provider told them."""

    names: tuple[str, ...] = ()
    old: bool = False
    at: datetime | None = None


def offered() -> Offer:
    """The models to choose from, without asking the provider, for whom no page waits."""
    kept = _kept()
    if kept is None:
        return Offer(_named_by_the_administrator())
    if kept.get(b"whose") != _whose():
        return Offer(_named_by_the_administrator(), old=True)
    names = tuple(filter(may_ask, orjson.loads(kept[b"names"])))
    at = datetime.fromtimestamp(float(kept[b"at"]), UTC)
    return Offer(names, old=(datetime.now(UTC) - at).total_seconds() > FRESH_FOR, at=at)


def _kept() -> dict[Any, Any] | None:
    """None while Valkey is away; of many pages, only one in five seconds waits for it."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        kept = connection().hgetall(keys.models())
    except (RedisError, OSError) as error:
        _away_until = time.monotonic() + BETWEEN_READS
        _list.began(error)
        return None
    _list.ended()
    return kept


def _named_by_the_administrator() -> tuple[str, ...]:
    """A provider that does not list its models may have some all the same."""
    return tuple(name for name in conf.MODELS if not WILD & set(name))


def refresh() -> bool:
    """Ask the provider, unless somebody just did: whether the list is a new one now."""
    global _away_until
    try:
        if not connection().set(f"{keys.models()}:asked", 1, nx=True, ex=BETWEEN_TRIES):
            return False
        names = listed(_ask())
        kept: dict[Any, Any] = {"names": orjson.dumps(names), "at": time.time(), "whose": _whose()}
        connection().hset(keys.models(), mapping=kept)
        connection().expire(keys.models(), KEPT_FOR)
        _away_until = 0.0
    except (openai.OpenAIError, httpx2.HTTPError, RedisError, OSError, ValueError, ImportError) as error:
        logger.warning("The provider's models cannot be listed: %s", redacted(getattr(error, "body", None) or error))
        return False
    return True


def first_to_ring() -> bool:
    """Whether nobody else, in the last minute, told a worker to ask."""
    try:
        return bool(connection().set(f"{keys.models()}:rung", 1, nx=True, ex=BETWEEN_RINGS))
    except (RedisError, OSError):
        return False


def _whose() -> bytes:
    """Another provider or key has other models."""
    return hashlib.sha256(f"{conf.BASE_URL}\n{conf.API_KEY}".encode()).hexdigest().encode()


def _ask() -> Any:
    """What GET /models says. Raises ValueError for what is too long, too slow or no JSON."""
    until, body = time.monotonic() + PATIENCE, bytearray()
    with (
        listing(conf.BASE_URL, conf.API_KEY, PATIENCE) as client,
        client.models.with_streaming_response.list() as response,
    ):
        for piece in response.iter_bytes(65536):
            body += piece
            if len(body) > LONGEST_LIST or time.monotonic() > until:
                raise ValueError("The list is too long, or comes too slowly.")
    return orjson.loads(body)


def listed(said: Any) -> list[str]:
    """The names in a provider's list that are there to be talked to, each once, in order. Pure, but for the settings.

    Raises ValueError. The list does not say what a model is for, so its name decides (MODELS_HIDDEN).
    """
    rows = said.get("data") if isinstance(said, dict) else said
    if not isinstance(rows, list):
        raise ValueError("This is no list of models.")
    names = sorted(set(filter(_is_for_chat, _names(rows))), key=lambda name: (name.casefold(), name))
    return names[:MOST_NAMES]


def _names(rows: Iterable[Any]) -> Iterable[str]:
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip():
            yield name


def _is_for_chat(name: str) -> bool:
    return not any(fnmatchcase(name.casefold(), pattern) for pattern in conf.MODELS_HIDDEN)
