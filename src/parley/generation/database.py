"""The threads in which the event loop of a worker talks to the database, and batches of what many ask for at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

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


Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")

LIMIT = 20
"""Keys of one batch: enough to be worth it, few enough that nobody waits long."""


class Batcher(Generic[Key, Result]):
    """Calls ``do(keys)`` with the keys that came while it was busy, in order, each once.

    ``do`` returns results by key, or None; of two who ask for the same key, the first gets its result, the other None.
    ``gather()``: seconds to wait for more keys before each call.
    """

    def __init__(
        self, do: Callable[[list[Key]], Awaitable[dict[Key, Result] | None]], gather: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._do, self._gather = do, gather
        self._waiting: list[tuple[Key, asyncio.Future[Result | None]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def submit(self, key: Key) -> Result | None:
        """Return the result for a key, or None where there is none. Raises what ``do`` raises."""
        place: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, place))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._do_all())
        return await place

    async def _do_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._gather())
            now, self._waiting = self._waiting[:LIMIT], self._waiting[LIMIT:]
            try:
                results = await self._do(list(dict.fromkeys(key for key, _ in now))) or {}
            except Exception as error:
                for _, place in now:
                    if not place.cancelled():
                        place.set_exception(error)
            else:
                for key, place in now:
                    if not place.cancelled():
                        place.set_result(results.pop(key, None))
