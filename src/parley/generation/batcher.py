"""Does together what many ask for at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

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
