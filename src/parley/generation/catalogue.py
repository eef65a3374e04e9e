"""The models that providers list: asked for by workers, at most once an hour, and kept in Valkey for all processes."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson
from redis import RedisError

from parley import redis
from parley.outages import Outage
from parley.provider import Provider
from parley.redis import connection

from . import inquiry
from .abilities import Facts, Model

logger = logging.getLogger(__name__)

FRESH_FOR, KEPT_FOR = 3600, 7 * 24 * 3600
"""Seconds. An old list is better than none while the provider is away."""
BETWEEN_TRIES = 10
"""Seconds in which the provider is asked at most once, however many people press the button."""
BETWEEN_REFRESHES = 60
BETWEEN_READS = 5
BETWEEN_LOOKS = 0.05
ASKED = b"asked"
"""In place of "asking", once the provider has answered or failed."""
WILD = frozenset("*?[")
_away_until = 0.0
_list = Outage(logger, "The list of models cannot be read (%s).", "The list of models is read again.")


@dataclass(frozen=True)
class Offer:
    """The models to choose from; ``old``: whether to ask for them again; ``at``: when the provider listed them.

    ``facts``: name → what the provider tells of it, as it is kept.
    """

    names: tuple[str, ...] = ()
    old: bool = False
    at: datetime | None = None
    facts: dict[str, Facts] = field(default_factory=dict)

    @cached_property
    def models(self) -> dict[str, Model]:
        """Return the models by their names, in order, with what is known of each."""
        return {name: Model.of(name, self.facts.get(name, {})) for name in self.names}


def offered(provider: Provider) -> Offer:
    """Return the models to choose from, as last kept: no page waits for the provider."""
    return offers([provider])[0]


def window_of(provider: Provider, model: str) -> int:
    """Return the tokens of a model's context: as they are set, else as its provider tells, else those of the site."""
    facts = offered(provider).facts.get(model, {}) if provider.window_listed else {}
    return Model.of(model, facts).window or provider.window


def takes_pictures(provider: Provider, model: str) -> bool | None:
    """Return whether a model takes pictures: as the site says, else as its provider tells; None where neither does."""
    said = provider.pictures_of(model)
    return Model.of(model, offered(provider).facts.get(model, {})).pictures if said is None else said


def offers(providers: Sequence[Provider]) -> list[Offer]:
    """Return the offer of each provider, in one round trip."""
    return [_offer(provider, kept) for provider, kept in zip(providers, _kept(providers), strict=True)]


def _offer(provider: Provider, kept: dict[Any, Any] | None) -> Offer:
    if not kept:  # a provider that lists no models may have those that are named in full
        return Offer(in_full(provider), old=kept is not None)
    names = tuple(filter(provider.allows, orjson.loads(kept[b"names"])))
    at = datetime.fromtimestamp(float(kept[b"at"]), UTC)
    old = (datetime.now(UTC) - at).total_seconds() > FRESH_FOR
    return Offer(names, old=old, at=at, facts=orjson.loads(kept.get(b"facts", b"{}")))


def in_full(provider: Provider) -> tuple[str, ...]:
    """Return the models that whoever set up a provider has named in full."""
    return tuple(name for name in provider.models if not WILD & set(name))


def _kept(providers: Sequence[Provider]) -> Sequence[dict[Any, Any] | None]:
    """Return the kept lists, None for each while Valkey is away; of many pages, one in five seconds waits for it."""
    global _away_until
    away = [None] * len(providers)
    if time.monotonic() < _away_until:
        return away
    try:
        with connection().pipeline(transaction=False) as pipeline:
            for provider in providers:
                pipeline.hgetall(_key(provider))
            kept: list[dict[Any, Any]] = pipeline.execute()
    except (RedisError, OSError) as error:
        _away_until = time.monotonic() + BETWEEN_READS
        _list.began(error)
        return away
    _list.ended()
    return kept


def refresh(provider: Provider) -> bool:
    """Ask the provider, unless somebody just did; return whether the list was renewed."""
    asked = f"{_key(provider)}:asked"
    try:
        if not connection().set(asked, b"asking", nx=True, ex=BETWEEN_TRIES):
            return False
        try:
            keep(provider, inquiry.ask(provider))
        finally:
            connection().set(asked, ASKED, xx=True, keepttl=True)
    except (RedisError, *inquiry.FAILURES) as error:
        logger.warning("The provider's models cannot be listed: %s", provider.redacted(error))
        return False
    return True


def keep(provider: Provider, listed: dict[str, Facts]) -> None:
    """Keep what a provider lists: name → facts. Raises RedisError and OSError."""
    global _away_until
    facts = {name: told for name, told in listed.items() if told}
    kept: Any = {"names": orjson.dumps([*listed]), "facts": orjson.dumps(facts), "at": time.time()}
    connection().hset(_key(provider), mapping=kept)
    connection().expire(_key(provider), KEPT_FOR)
    _away_until = 0.0


def not_asked(providers: Sequence[Provider]) -> list[Provider]:
    """Return those that nobody has asked within the last seconds. Raises RedisError and OSError."""
    return [provider for provider, state in zip(providers, _states(providers), strict=True) if not state]


def wait(providers: Sequence[Provider], patience: float) -> None:
    """Wait until a worker has asked all of them, at most ``patience`` seconds. Raises RedisError and OSError."""
    until = time.monotonic() + patience
    while time.monotonic() < until and any(state != ASKED for state in _states(providers)):
        time.sleep(BETWEEN_LOOKS)


def _states(providers: Sequence[Provider]) -> list[Any]:
    return connection().mget([f"{_key(provider)}:asked" for provider in providers]) if providers else []


def claim_refresh(provider: Provider) -> bool:
    """Return whether no other process has enqueued a refresh within the last minute."""
    try:
        return bool(connection().set(f"{_key(provider)}:enqueued", 1, nx=True, ex=BETWEEN_REFRESHES))
    except (RedisError, OSError):
        return False


def _key(provider: Provider) -> str:
    """Return the key in Valkey; another provider, or another API key, has other models."""
    return redis.models_key(hashlib.sha256(f"{provider.base_url}\n{provider.key}".encode()).hexdigest()[:32])
