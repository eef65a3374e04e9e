"""What is tried again and again is said now and then."""

import logging
import time
from collections.abc import Callable

PAUSE = 60.0
"""Seconds until the same is said again."""


class Seldom(logging.Filter):
    """Lets a sentence of a logger through once a minute, whatever is filled into it: a broker that is away is tried often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, sentence = self.clock(), (record.name, str(record.msg))
        if now - self.said.get(sentence, -PAUSE) < PAUSE:
            return False
        self.said[sentence] = now
        return True
