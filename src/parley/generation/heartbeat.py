"""The heartbeat of a worker process, in a thread and with a connection of its own, which wait for nobody."""

import logging
import threading
import time
from contextlib import suppress
from uuid import UUID

from django.db import connection

from parley.conf import conf
from parley.models import Worker, locks
from parley.models.locks import DATABASE_AWAY

logger = logging.getLogger(__name__)

LONGEST_TURN = 60.0
"""Seconds without a sign of the event loop after which the process lets its heartbeat stop."""
SQLITE_PATIENCE = 100
"""Milliseconds; whoever waits longer for SQLite's lock polls it ever less often, and comes last."""
AGAIN_AFTER = 0.02
AWAY_AGAIN_AFTER = 0.5
"""Seconds until the next try: while a lock is waited for, and while there is no database."""


class Heartbeat:
    """Write heartbeats from its construction to its end, as long as the event loop calls ``turned``."""

    def __init__(self, worker_id: UUID) -> None:
        self._worker_id, self._over = worker_id, threading.Event()
        self._fails = False
        self.turned()
        self._thread = threading.Thread(target=self._run, name="parley-heartbeat", daemon=True)
        self._thread.start()

    def turned(self) -> None:
        """Note that the event loop turns."""
        self._turned_at = time.monotonic()

    def end(self) -> None:
        """Beat no more; the row is the caller's to delete."""
        self._over.set()
        self._thread.join(2)

    def _run(self) -> None:
        with suppress(*DATABASE_AWAY), locks.brief():
            Worker.objects.forget_long_dead()
        while not self._over.is_set():
            self._over.wait(self._send_heartbeat() if self._turns() else conf.HEARTBEAT_INTERVAL)
        connection.close()

    def _turns(self) -> bool:
        return time.monotonic() - self._turned_at < LONGEST_TURN

    def _send_heartbeat(self) -> float:
        """Beat once; return the seconds until the next try."""
        try:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_PATIENCE}")
            Worker.heartbeat(self._worker_id)
        except DATABASE_AWAY as error:
            return self._failed(error)
        except Exception:
            logger.exception("The heartbeat failed; trying again.")
            connection.close()
            return conf.HEARTBEAT_INTERVAL
        self._fails = False
        return conf.HEARTBEAT_INTERVAL

    def _failed(self, error: Exception) -> float:
        if not self._fails:
            self._fails = True
            logger.warning("No heartbeat can be written (%s); trying again.", " ".join(str(error).split()))
        if connection.vendor == "sqlite" or locks.is_locked(error):
            return AGAIN_AFTER
        connection.close()
        return AWAY_AGAIN_AFTER
