"""What many ask for at the same time is done together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")

MOST = 20
"""Keys that are done at once: so many that it is worth it, so few that nobody waits long."""


class Together(Generic[Key, Result]):
    """``do(keys)`` is called with all keys that have come while it was busy, in order, each once.

    It gives the results by key; a key that was asked for twice has its result given to the first. ``gather()``: the seconds
    in which more may come before each call.
    """

    def __init__(
        self, do: Callable[[list[Key]], Awaitable[dict[Key, Result]]], gather: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._do, self._gather = do, gather
        self._waiting: list[tuple[Key, asyncio.Future[Result | None]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def join(self, key: Key) -> Result | None:
        """The result, or None where there is none. Raises what ``do`` raises."""
        place: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, place))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._do_all())
        return await place

    async def _do_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._gather())
            now, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                results = await self._do(list(dict.fromkeys(key for key, _ in now)))
            except Exception as error:
                for _, place in now:
                    if not place.cancelled():
                        place.set_exception(error)
            else:
                for key, place in now:
                    if not place.cancelled():
                        place.set_result(results.pop(key, None))
