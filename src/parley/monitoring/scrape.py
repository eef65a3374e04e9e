"""What Prometheus is answered, by any process: the hash in Valkey, and the database."""

from collections import defaultdict
from typing import Any

from django.db import Error, close_old_connections
from redis import RedisError

from parley import __version__

from . import readings
from .counters import totals
from .exposition import written
from .metrics import BUILD_INFO, COUNTED, DATABASE_UP, READ, SOCKETS, VALKEY_UP, Field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text() -> str:
    """Return all metrics; those of Valkey or the database are missing while that is away."""
    counted, read = _counted(), _read()
    metrics: list[Any] = [(metric, read[metric.name]) for metric in READ] if read else []
    if counted is not None:
        by_name, sockets = counted
        metrics += [(metric, by_name[metric.name]) for metric in COUNTED] + [(SOCKETS, {(): sockets})]
    up: list[Any] = [(VALKEY_UP, {(): counted is not None}), (DATABASE_UP, {(): bool(read)})]
    return written([*metrics, *up, (BUILD_INFO, {(__version__,): 1})])


def _counted() -> tuple[dict[str, dict[Field, float]], int] | None:
    try:
        fields, sockets = totals()
    except (RedisError, OSError):
        return None
    by_name: dict[str, dict[Field, float]] = defaultdict(dict)
    for (name, *labels), value in fields.items():
        by_name[name][tuple(labels)] = value
    return by_name, sockets


def _read() -> readings.Readings:
    close_old_connections()
    try:
        return readings.read()
    except (Error, OSError):
        return {}
    finally:
        close_old_connections()
