"""Lasting threads, and the order in which requests get one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async

LONGEST_TURN = 0.25
"""Seconds after which the next request begins beside a slow one."""
LONGEST_WAIT = 30.0
"""Seconds that a request waits for a thread before it is refused."""


class Busy(Exception):
    """No thread became free in time, or too many wait for one already."""


class Lane:
    """Gives its threads to requests in the order in which they come, at most `each` to one client at a time.

    At most `crowd` requests of one client wait, and four times as many of all clients. At most `turns` requests begin
    at once: more of them would leave the event loop, and on SQLite the worker that waits for the lock, hardly a pause.
    A turn ends with the answer, or after LONGEST_TURN.
    """

    def __init__(self, name: str, threads: int, *, each: int, turns: int | None = None, crowd: int = 500) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"parley-{name}")
        self._free = asyncio.Semaphore(threads)
        self.turns = asyncio.Semaphore(turns or threads)
        self._each, self._crowd = each, crowd
        self._clients: dict[str, asyncio.Semaphore] = {}
        self._requests: Counter[str] = Counter()

    async def run(self, client: str, function: Callable[..., Any], *args: Any) -> Any:
        """Call the function in one of the threads, and return its result. Raises Busy."""
        async with self._place(client) as place, self._turn():
            in_thread = sync_to_async(place.keep, thread_sensitive=False, executor=self._threads)
            return await in_thread(function, *args)

    @asynccontextmanager
    async def _place(self, client: str) -> AsyncIterator["Place"]:
        if self._requests[client] >= self._crowd or self._requests.total() >= 4 * self._crowd:
            raise Busy
        self._requests[client] += 1
        place = Place(lambda: self._forget(client))
        try:
            await self._wait(place, self._clients.setdefault(client, asyncio.Semaphore(self._each)), self._free)
            yield place
        finally:
            place.leave()

    @staticmethod
    async def _wait(place: "Place", *semaphores: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                for semaphore in semaphores:
                    await place.take(semaphore)
        except TimeoutError:
            raise Busy from None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        await self.turns.acquire()
        end = asyncio.get_running_loop().call_later(LONGEST_TURN, self.turns.release)
        try:
            yield
        finally:
            if end.when() > asyncio.get_running_loop().time():
                end.cancel()
                self.turns.release()

    def _forget(self, client: str) -> None:
        self._requests[client] -= 1
        if not self._requests[client]:
            del self._requests[client], self._clients[client]


class Place:
    """Holds the semaphores of a request until its thread has ended, even when its client leaves before that."""

    def __init__(self, left: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._left = left
        self._taken: list[asyncio.Semaphore] = []
        self._in_thread = self._given_back = False

    async def take(self, semaphore: asyncio.Semaphore) -> None:
        """Wait for a semaphore, and hold it."""
        await semaphore.acquire()
        self._taken.append(semaphore)

    def keep(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call the function, in a thread, and give everything back when it has ended."""
        self._in_thread = True
        try:
            return function(*args)
        finally:
            self._in_thread = False
            self._loop.call_soon_threadsafe(self._give_back)

    def leave(self) -> None:
        """Give everything back, unless a thread still runs and does so later."""
        if not self._in_thread:
            self._give_back()

    def _give_back(self) -> None:
        if not self._given_back:
            self._given_back = True
            for semaphore in reversed(self._taken):
                semaphore.release()
            self._left()
