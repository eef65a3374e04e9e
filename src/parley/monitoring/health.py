"""Whether this process could serve: the parts that it needs, the database, Valkey and the disk each in a thread.

No answer waits longer than PATIENCE, whatever hangs, and holds no version, address or error: who asks need not be
known. What still hangs is not asked again beside that.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any, Literal

from django.db import close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from parley import redis
from parley.conf import conf
from parley.outages import Outages

from .readings import living_workers

logger = logging.getLogger(__name__)
outages = Outages(logger)

PATIENCE = 1.5
"""Seconds in which all parts together have to answer."""
FRESH = 1.0
"""Seconds for which an answer is given again, however often somebody asks."""
LEAST_FREE = 200_000_000
"""Bytes of the disk of files below which it is nearly full."""

State = Literal["ok", "degraded", "down"]
Part = dict[str, Any]


class NotReady(Exception):
    """Says what is missing."""


class Degraded(NotReady):
    """Says what is missing that another web server would lack as well."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def migrations() -> None:
    """Raise NotReady where one that this program knows was not applied."""
    if missing := _migrations() - MigrationRecorder(connection).applied_migrations().keys():
        raise NotReady(f"{len(missing)} migrations were not applied")


@lru_cache(maxsize=1)
def _migrations() -> frozenset[tuple[str, str]]:
    """Return those that this program knows; of a squashed one, those that it replaces may stand in the database."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(key for key, migration in loader.disk_migrations.items() if not migration.replaces)


def valkey() -> None:
    redis.connection().ping()


def workers() -> None:
    if not living_workers():
        raise Degraded("no worker has a fresh heartbeat")


def disk() -> None:
    """Raise Degraded where the files' disk is nearly full; files that lie elsewhere have none."""
    if "/" in conf.FILES and shutil.disk_usage(conf.FILES).free < LEAST_FREE:
        raise Degraded("the disk is nearly full")


Check = Callable[[], None]
PARTS: tuple[tuple[Check, ...], ...] = ((database, migrations, workers), (valkey,), (disk,))
"""What is asked at once, and in each of these one after another, over one connection."""


class Health:
    """Asks the parts, and remembers their answers for a moment; safe in threads."""

    def __init__(self, parts: Sequence[Sequence[Check]] = PARTS, patience: float = PATIENCE) -> None:
        self._groups, self._patience = parts, patience
        self._threads = ThreadPoolExecutor(len(parts), thread_name_prefix="parley-health")
        self._running: dict[int, Future[dict[str, Part]]] = {}
        self._lock, self._asked_at, self._answer = threading.Lock(), float("-inf"), dict[str, Part]()

    def parts(self) -> dict[str, Part]:
        """Return {part: {"state": …, "ms": …}}, as they were within the last second."""
        if not self._lock.acquire(timeout=self._patience):
            return self._answer
        try:
            if time.monotonic() - self._asked_at > FRESH:
                self._answer = self._ask()
                self._asked_at = time.monotonic()
            return self._answer
        finally:
            self._lock.release()

    def _ask(self) -> dict[str, Part]:
        for number, group in enumerate(self._groups):
            if number not in self._running:
                self._running[number] = self._threads.submit(_asked, group)
        done, _ = wait(self._running.values(), self._patience)
        late: Part = {"state": "down", "ms": round(self._patience * 1000)}
        answers = {part.__name__: late for group in self._groups for part in group}
        for number in [number for number, future in self._running.items() if future in done]:
            answers |= self._running.pop(number).result()
        return answers


def _asked(group: Sequence[Check]) -> dict[str, Part]:
    close_old_connections()
    try:
        return {part.__name__: _measured(part) for part in group}
    finally:
        close_old_connections()


def _measured(part: Check) -> Part:
    began, state = time.monotonic(), _state(part)
    return {"state": state, "ms": round((time.monotonic() - began) * 1000, 1)}


def _state(part: Check) -> State:
    try:
        part()
    except Exception as error:
        outages[part.__name__].began(error)
        return "degraded" if isinstance(error, Degraded) else "down"
    outages[part.__name__].ended()
    return "ok"


def readiness(health: Health, *, with_workers: bool = False) -> tuple[int, dict[str, Any]]:
    """Return (status code, answer): 503 where a part is down that another web server may have.

    Without workers every web server is as good as another, so 200, unless ``with_workers`` are asked for.
    """
    parts = health.parts()
    states = {name: part["state"] for name, part in parts.items()}
    unready = "down" in states.values() or not states or (with_workers and states.get("workers") != "ok")
    status = "unavailable" if unready else "degraded" if "degraded" in states.values() else "ok"
    return (503 if unready else 200), {"status": status, "parts": parts}


@lru_cache(maxsize=1)
def health() -> Health:
    """Return the one of this process."""
    return Health()
