"""What requests ask of workers, by name: importing the tasks takes the provider's SDK, and half of the start."""

import logging
from functools import lru_cache, partial

from django.db import transaction
from redis import RedisError

from . import broker, redis
from .conf import conf
from .generation import catalogue
from .generation.reaper import Reaper
from .models import Message
from .outages import Outage
from .redis import connection

_stops = Outage(
    logging.getLogger(__name__),
    "No worker was notified of a stop (%s); it will see it in the row.",
    "Stops are notified again.",
)


def offered_models() -> catalogue.Offer:
    """Return the models to choose from; when the list is old, enqueue its refresh."""
    offer = catalogue.offered(conf.provider)
    if offer.old and catalogue.claim_refresh(conf.provider):
        broker.send("parley.refresh_models")
    return offer


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
