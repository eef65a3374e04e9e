"""What Prometheus is answered, by any process: the hash in Valkey, and the database."""

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import Error, close_old_connections
from redis import RedisError

from parley import __version__

from . import readings
from .counters import totals
from .exposition import written
from .metrics import BUILD_INFO, COUNTED, DATABASE_UP, READ, SOCKETS, VALKEY_UP, Field

PATIENCE = 2.0
"""Seconds in which each of them has to answer; Prometheus waits ten for both."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text() -> str:
    """Return all metrics; those of Valkey or the database are missing while that is away."""
    counted, read = _valkey.answer(), _database.answer()
    metrics: list[Any] = [(metric, read[metric.name]) for metric in READ] if read else []
    if counted is not None:
        by_name, sockets = counted
        metrics += [(metric, by_name[metric.name]) for metric in COUNTED] + [(SOCKETS, {(): sockets})]
    up: list[Any] = [(VALKEY_UP, {(): counted is not None}), (DATABASE_UP, {(): bool(read)})]
    return written([*metrics, *up, (BUILD_INFO, {(__version__,): 1})])


class _Store:
    """A store that is asked in a thread of its own; what hangs is not asked again beside that."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask, self._lock = ask, threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parley-scraped")
        self._asked: Future[Any] | None = None

    def answer(self) -> Any:
        """Return what it answers, None where it does not in time."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            asked = self._asked
        try:
            return asked.result(PATIENCE)
        except TimeoutError:
            return None


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


_valkey, _database = _Store(_counted), _Store(_read)
