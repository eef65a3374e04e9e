"""What requests ask of workers, by name: importing the tasks takes the provider's SDK, and half of the start."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from django.db import transaction
from redis import RedisError

from . import broker, redis
from .conf import conf
from .generation import catalogue
from .generation.reaper import Reaper
from .models import Message
from .models.connection import usable_by
from .outages import Outage
from .provider import Provider
from .redis import connection

MOMENT = 2.0
"""Seconds that a request waits for workers at most."""
_stops = Outage(
    logging.getLogger(__name__),
    "No worker was notified of a stop (%s); it will see it in the row.",
    "Stops are notified again.",
)


def offered_models() -> catalogue.Offer:
    """Return the models of the settings' provider; when the list is old, enqueue its refresh."""
    return offers_of([conf.provider])[0]


def offers_of(providers: Sequence[Provider]) -> list[catalogue.Offer]:
    """Return the models of each provider, in one round trip; enqueue a refresh of each list that is old."""
    offers = catalogue.offers(providers)
    for provider, offer in zip(providers, offers, strict=True):
        if offer.old and catalogue.claim_refresh(provider):
            broker.send("parley.refresh_models", provider.slug)
    return offers


def refresh_models(providers: Sequence[Provider]) -> None:
    """Let workers ask providers for their models, and wait a moment for the lists."""
    with suppress(RedisError, OSError):
        for provider in catalogue.not_asked(providers):
            broker.send("parley.refresh_models", provider.slug)
        catalogue.wait(providers, MOMENT)


def providers_of(user: Any) -> list[Provider]:
    """Return whom a person may ask: the provider of the settings, and connections whose key can be read."""
    return [conf.provider, *(row.provider for row in usable_by(user) if not row.key_lost)]


def stop_on_commit(reply: Message) -> None:
    """Notify the reply's worker of a stop after the commit; it also sees it in the row, a little later."""
    transaction.on_commit(partial(_publish_stop, str(reply.pk)))


def _publish_stop(reply_id: str) -> None:
    try:
        connection().publish(redis.stops_channel(), reply_id)
        _stops.ended()
    except (RedisError, OSError) as error:
        _stops.began(error)


@lru_cache(maxsize=1)
def passing_reaper() -> Reaper:
    """Return the reaper of this process for requests, which sweep in passing."""
    return Reaper()
