"""Metrics that are read from the database at each scrape."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from parley.conf import conf
from parley.models import Message, Status, Transfer, Worker

from .metrics import Field

Readings = dict[str, dict[Field, float]]
"""Metric → labels → value."""


def read() -> Readings:
    """Return what the database says. Raises its errors."""
    return {
        "replies": _by_status(Message.objects.unsettled(), Status.PENDING, Status.STREAMING),
        "oldest_pending_seconds": {(): _oldest_pending()},
        "workers": {(): living_workers()},
        "transfers": _by_status(Transfer.objects.unsettled(), Transfer.WAITING, Transfer.RUNNING),
    }


def living_workers() -> int:
    """Return how many workers have a fresh heartbeat, by the database's clock alone."""
    fresh = Now() - timedelta(seconds=conf.DEAD_AFTER)
    return Worker.objects.filter(heartbeat_at__gt=fresh).count()


def _by_status(jobs: Any, *states: str) -> dict[Field, float]:
    waiting = jobs.filter(status__in=states).order_by()
    counts = dict(waiting.values_list("status").annotate(number=Count("pk")))
    return {(str(state),): counts.get(state, 0) for state in states}


def _oldest_pending() -> float:
    pending = Message.objects.unsettled().filter(status=Status.PENDING)
    since = pending.aggregate(since=Min("created_at"))["since"]
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0
