"""Log what is tried again and again only now and then."""

import logging
import time
from collections.abc import Callable

PAUSE = 60.0
"""Seconds until the same message is logged again."""


class Seldom(logging.Filter):
    """Lets each message of a logger through once in PAUSE, whatever its arguments: an absent broker is tried often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, message = self.clock(), (record.name, str(record.msg))
        if now - self.logged.get(message, -PAUSE) < PAUSE:
            return False
        self.logged[message] = now
        return True
