"""Limits of one import: how long it may take, and how many messages it may bring in. Pure."""

import time
from collections.abc import Callable

LIMITS = TIME_UP, TOO_MANY = "time_up", "too_many_messages"


class Reached(Exception):
    """Raised to end an import, whatever its file still holds. ``code``: a key of warnings.ERRORS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Limits:
    """Count down the seconds and messages of one import; every loop over a file asks, for it may be a billion brackets.

    >>> Limits(60, 2).count(3)
    Traceback (most recent call last):
    parley.transfer.limits.Reached: too_many_messages
    """

    def __init__(self, seconds: float, rows: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until, self._rows = clock, clock() + seconds, rows

    def check(self) -> None:
        """Raise Reached when the time is up."""
        if self._clock() > self._until:
            raise Reached(TIME_UP)

    def count(self, rows: int) -> None:
        """Take ``rows`` messages, or values that are none, from what is left. Raises Reached for time or number."""
        self.check()
        if rows > self._rows:
            raise Reached(TOO_MANY)
        self._rows -= rows
