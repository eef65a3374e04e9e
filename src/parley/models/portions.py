"""Write many rows in portions: each transaction is short, and others write between two of them.

Whatever can be prepared is prepared before the transaction, which then holds SQLite's write lock only for the
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
"""Seconds that a transaction should take."""
ROW = 5_000
"""The weight of a row beside its text, in characters."""
LEAST, FIRST, LIMIT = 10 * ROW, 20 * ROW, 400 * ROW

M = TypeVar("M", bound=models.Model)
Statement = tuple[str, tuple[Any, ...]]


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


def inserting(rows: list[M]) -> list[Statement]:
    """Return the statements that insert these rows, of one model, in a quarter of the time of ``bulk_create``."""
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields = list(model._meta.concrete_fields)
    most = max(connection.ops.bulk_batch_size(fields, rows), 1)
    return [_inserting(connection, fields, rows[start : start + most]) for start in range(0, len(rows), most)]


def _inserting(connection: Any, fields: list[Any], rows: list[M]) -> Statement:
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(field.column) for field in fields)
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in fields]
    every_row, table = ", ".join([placeholders] * len(rows)), quoted(type(rows[0])._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {every_row}", tuple(values)


def updating(row: models.Model, *names: str) -> Statement:
    """Return the statement that writes these fields of a row, in a third of the time of ``update``."""
    connection = connections[router.db_for_write(type(row))]
    fields: list[Any] = [*map(row._meta.get_field, names), row._meta.pk]
    *values, pk = (field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)
    *columns, key = (f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    table = connection.ops.quote_name(row._meta.db_table)
    return f"UPDATE {table} SET {', '.join(columns)} WHERE {key}", (*values, pk)


def execute(model: type[models.Model], statements: list[Statement]) -> None:
    """Execute statements on the database of a model."""
    with connections[router.db_for_write(model)].cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)


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
