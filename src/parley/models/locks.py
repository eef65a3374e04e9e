"""Limit how long a statement waits for a row that somebody else has locked.

PostgreSQL: a host's slow transaction may lock a row of one person for minutes, and only that person may have to wait.
SQLite has one lock for everything, and its own limit (``timeout``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction

LONGEST_WAIT = 3.0
"""Seconds that a request waits for a row of its own person; then Django's OperationalError is raised."""
BRIEFLY = 0.25
"""Seconds that a task for many people waits for a row of one of them."""

DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
"""InternalError: PostgreSQL is read-only, as after a failover or with a full disk."""

LIMIT = (
    "set_config('lock_timeout', CASE WHEN current_setting('lock_timeout')::interval"
    " BETWEEN interval '1 microsecond' AND %s::interval THEN current_setting('lock_timeout') ELSE %s END, true)"
)
"""Sets the limit until the end of the transaction, unless a shorter one is set; a host's own may be minutes."""

_seconds: ContextVar[float] = ContextVar("parley_longest_wait", default=LONGEST_WAIT)


@contextmanager
def waiting(seconds: float) -> Iterator[None]:
    """Limit transactions that begin inside to so many seconds of waiting for each row."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


def limit() -> list[str]:
    """Return the arguments of LIMIT."""
    return [f"{max(1, round(_seconds.get() * 1000))}ms"] * 2


@contextmanager
def brief() -> Iterator[None]:
    """Begin a transaction that waits BRIEFLY for each row. Raises OperationalError; see ``is_locked``."""
    with transaction.atomic(), waiting(BRIEFLY):
        wait_no_longer()
        yield


def wait_no_longer() -> None:
    """Limit the rest of this transaction to the seconds of ``waiting`` for each row."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LIMIT}", limit())


def lock_table(kind: Any) -> None:
    """Let nobody else write rows of this model, which may be read, until the end of this transaction.

    SQLite: a write takes the database's one lock, whatever it changes.
    """
    table, key = (connection.ops.quote_name(name) for name in (kind._meta.db_table, kind._meta.pk.column))
    wait_no_longer()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        else:
            cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE {key} IS NULL")


def unless_held(change: Callable[..., int], *args: Any, **values: Any) -> int:
    """Make a change of one row in a brief transaction → what it returns; 0 if somebody else has locked the row."""
    try:
        with brief():
            return change(*args, **values)
    except OperationalError as error:
        if is_locked(error):
            return 0
        raise


def is_locked(error: BaseException) -> bool:
    """Return whether an error is PostgreSQL's lock_not_available: somebody else has locked the row."""
    cause = error.__cause__
    return "55P03" in (getattr(cause, "sqlstate", None), getattr(cause, "pgcode", None))
