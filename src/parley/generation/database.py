"""The threads in which the event loop of a worker talks to the database."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from parley.models import locks
from parley.models.locks import DATABASE_AWAY

logger = logging.getLogger(__name__)

AT_A_GLANCE = 0.02
"""Seconds that a second try waits for a row, so that the threads are free for others."""


def pauses(most: float) -> Iterator[float]:
    """Yield the seconds between tries, doubling from 0.05 up to ``most``."""
    pause = 0.05
    while True:
        yield pause
        pause = min(2 * pause, most)


class Database:
    """Runs ``await database(function, *args)`` in one of a few threads, which wait only briefly for locked rows."""

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"parley-{name}")

    async def __call__(self, function: Callable[..., Any], *args: Any, patience: float = locks.BRIEFLY) -> Any:
        run = sync_to_async(_with_connection, thread_sensitive=False, executor=self._threads)
        return await run(patience, function, *args)

    async def at_last(self, function: Callable[..., Any], *args: Any) -> Any:
        """Try until the database is back and the row free, however long: text in memory is nowhere else."""
        patience = locks.BRIEFLY
        for pause in pauses(1.0):
            try:
                return await self(function, *args, patience=patience)
            except DATABASE_AWAY as error:
                if patience != AT_A_GLANCE:
                    logger.warning("The database does not answer (%s); trying again.", " ".join(str(error).split()))
                patience = AT_A_GLANCE
                await asyncio.sleep(pause)


def _with_connection(patience: float, function: Callable[..., Any], *args: Any) -> Any:
    close_old_connections()
    with locks.waiting(patience):
        return function(*args)
