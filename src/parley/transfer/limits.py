"""How long an import may take, and how much it may bring in. Pure."""

import time
from collections.abc import Callable

LIMITS = TIME_UP, TOO_MANY = "time_up", "too_many_messages"


class Reached(Exception):
    """The end of an import, whatever its file still holds. ``code``: one of remarks.ERRORS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Limits:
    """Asked in every loop over what a file holds, which may be a billion brackets."""

    def __init__(self, seconds: float, rows: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until, self._rows = clock, clock() + seconds, rows

    def check(self) -> None:
        """Raises Reached when the time is up."""
        if self._clock() > self._until:
            raise Reached(TIME_UP)

    def count(self, rows: int) -> None:
        """So many messages come next, or values that are none came. Raises Reached when they are too many."""
        self.check()
        if rows > self._rows:
            raise Reached(TOO_MANY)
        self._rows -= rows
