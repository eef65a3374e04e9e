"""Many rows, written in portions: no transaction is long, so that others write between two of them.

What can be prepared is prepared before the transaction, which then holds the write lock of SQLite only for the
database's own work.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connections, models, router, transaction

AIM = 0.015
"""Seconds that a transaction may take, about."""
ROW = 5_000
"""What a row costs beside its text, in characters."""
LEAST, FIRST, MOST = 10 * ROW, 20 * ROW, 400 * ROW

M = TypeVar("M", bound=models.Model)
Statement = tuple[str, tuple[Any, ...]]


class Pace:
    """How much the next transaction may write, in characters: as much as lately took ``AIM`` seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.most = float(FIRST)
        self._clock = clock

    @property
    def rows(self) -> int:
        """Rows without much text."""
        return max(1, int(self.most // ROW))

    @contextmanager
    def transaction(self, weight: float, using: str | None = None) -> Iterator[None]:
        """A transaction that writes so much; its time is measured from when it has the lock."""
        with transaction.atomic(using=using), _no_collection():
            begun = self._clock()
            yield
        self.learn(weight, self._clock() - begun)

    def learn(self, weight: float, seconds: float) -> None:
        self.most = max(min(AIM * weight / max(seconds, 1e-6), 2 * self.most, MOST), LEAST)


def portions(rows: Iterable[M], pace: Pace, weigh: Callable[[M], int]) -> Iterator[list[M]]:
    """Rows in order, as many at once as the pace allows when they are asked for; one at least."""
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


def inserting(rows: list[M]) -> list[Statement]:
    """The statements that insert these rows, of one model, as ``bulk_create`` does, in a quarter of its time."""
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields = list(model._meta.concrete_fields)
    most = max(connection.ops.bulk_batch_size(fields, rows), 1)
    return [_inserting(connection, fields, rows[start : start + most]) for start in range(0, len(rows), most)]


def _inserting(connection: Any, fields: list[Any], rows: list[M]) -> Statement:
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(field.column) for field in fields)
    place = f"({', '.join(['%s'] * len(fields))})"
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in fields]
    return (
        f"INSERT INTO {quoted(type(rows[0])._meta.db_table)} ({columns}) VALUES {', '.join([place] * len(rows))}",
        tuple(values),
    )


def execute(model: type[models.Model], statements: list[Statement]) -> None:
    with connections[router.db_for_write(model)].cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)


_quiet = threading.Lock()
_writing = 0
_collects = True


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python's garbage collector rests.

    In a thread that has SQLite's write lock it may come upon another thread's cursor, whose connection waits for
    that very lock: each would wait for the other.
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
