"""How long each transaction of a thread holds its locks, in seconds of this thread's processor."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.db.transaction import Atomic

LONGEST = 0.05
"""Seconds that a transaction may hold its locks, on a machine with nothing else to do."""
LOAD = 3
"""How much slower a machine may be that has something else to do: its caches and its disk are shared."""
INSERT = 'INSERT INTO "parley_message"'


@dataclass
class Transactions:
    """``seconds`` of each transaction; ``rows``: messages that were inserted in it."""

    seconds: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.seconds)

    @property
    def are_short(self) -> bool:
        return self.longest <= LONGEST * LOAD


@contextmanager
def watched(monkeypatch) -> Iterator[Transactions]:
    """Of this thread's connection, as long as no transaction is around all of it."""
    seen, begun, inserted = Transactions(), [], [0]
    enter, leave = Atomic.__enter__, Atomic.__exit__

    def entered(atomic):
        outermost = not connection.in_atomic_block
        enter(atomic)
        if outermost:
            begun.append(time.thread_time())
            inserted[0] = 0

    def left(atomic, *error):
        leave(atomic, *error)
        if begun and not connection.in_atomic_block:
            seen.seconds.append(time.thread_time() - begun.pop())
            seen.rows.append(inserted[0])

    def count(execute, statement, values, many, context):
        inserted[0] += statement.startswith(INSERT) and statement.count("(%s")
        return execute(statement, values, many, context)

    with monkeypatch.context() as patched, connection.execute_wrapper(count):
        patched.setattr(Atomic, "__enter__", entered)
        patched.setattr(Atomic, "__exit__", left)
        yield seen
