"""A time-out that counts only while the event loop runs."""

import asyncio
from typing import Any

STEPS = 20
"""Parts in which the time is counted: its end may be noticed a twentieth late."""
ROUND = 0.01
"""Seconds of a last round, in which the loop reads."""


class Timeout:
    """Raises TimeoutError after ``seconds`` without a ``restart``.

    A process that was stopped wakes with its timers due, before it has read what came meanwhile. So a stop counts as
    one step, however long it was, and after the last one the loop has a round to read.
    """

    def __init__(self, seconds: float) -> None:
        self._scope = asyncio.timeout(None)
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Count from the beginning."""
        self._step, self._left = seconds / STEPS, STEPS + 1

    async def __aenter__(self) -> "Timeout":
        await self._scope.__aenter__()
        self._timer = asyncio.get_running_loop().call_later(self._step, self._count)
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(*error)

    def _count(self) -> None:
        loop, self._left = asyncio.get_running_loop(), self._left - 1
        if self._left < 0:
            self._scope.reschedule(loop.time())
        else:
            self._timer = loop.call_later(self._step if self._left else ROUND, self._count)
