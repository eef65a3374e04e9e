"""Write many rows in portions: each transaction is short, and others write between two of them.

Whatever can be prepared is prepared before the transaction, which then holds SQLite's write lock only for the
database's own work.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import models, transaction

AIM = 0.015
"""Seconds that a transaction should take."""
ROW = 5_000
"""The weight of a row beside its text, in characters."""
LEAST, FIRST, LIMIT = 10 * ROW, 20 * ROW, 400 * ROW

M = TypeVar("M", bound=models.Model)


class Pace:
    """The weight, in characters, that a transaction writes in about ``AIM`` seconds, learned from the last one."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.most = float(FIRST)
        self._clock = clock

    @property
    def rows(self) -> int:
        """Return how many rows without much text that is."""
        return max(1, int(self.most // ROW))

    @contextmanager
    def transaction(self, weight: float, using: str | None = None) -> Iterator[None]:
        """Begin a transaction that writes this weight; its time is measured from when it has the lock."""
        with transaction.atomic(using=using), _no_collection():
            begun = self._clock()
            yield
        self.learn(weight, self._clock() - begun)

    def learn(self, weight: float, seconds: float) -> None:
        """Adjust ``most`` to a transaction that wrote this weight in so many seconds."""
        self.most = max(min(AIM * weight / max(seconds, 1e-6), 2 * self.most, LIMIT), LEAST)


def portions(rows: Iterable[M], pace: Pace, weigh: Callable[[M], int]) -> Iterator[list[M]]:
    """Yield the rows in lists, each as long as the pace allows when it is asked for, at least one row."""
    portion: list[M] = []
    weight = 0
    for row in rows:
        if portion and weight + weigh(row) > pace.most:
            yield portion
            portion, weight = [], 0
        portion.append(row)
        weight += weigh(row)
    if portion:
        yield portion


_quiet = threading.Lock()
_writing = 0
_collects = True


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause Python's garbage collector.

    In a thread that has SQLite's write lock, it may close another thread's cursor, whose connection waits for that very
    lock: a deadlock.
    """
    global _writing, _collects
    with _quiet:
        _collects = gc.isenabled() if _writing == 0 else _collects
        _writing += 1
        gc.disable()
    try:
        yield
    finally:
        with _quiet:
            _writing -= 1
            if _writing == 0 and _collects:
                gc.enable()
