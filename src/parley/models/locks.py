"""How long a statement waits for a row that somebody else has locked.

PostgreSQL: a host's slow transaction may hold a row of one person for minutes, and only that person may have to wait for it.
SQLite has one lock for everything, and its own time for waiting (``timeout``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction

LONGEST_WAIT = 3.0
"""Seconds that a request waits for a row of its own person; then Django's OperationalError is raised."""
BRIEFLY = 0.25
"""Seconds that work for many people waits for a row of one of them."""

DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
"""The last, of PostgreSQL: it may only be read, as after a failover or where its disk is full."""

LIMIT = (
    "set_config('lock_timeout', CASE WHEN current_setting('lock_timeout')::interval"
    " BETWEEN interval '1 microsecond' AND %s::interval THEN current_setting('lock_timeout') ELSE %s END, true)"
)
"""Until the end of the transaction, and only where nobody has set a shorter limit: a host's own may be minutes."""

_seconds: ContextVar[float] = ContextVar("parley_longest_wait", default=LONGEST_WAIT)


@contextmanager
def waiting(seconds: float) -> Iterator[None]:
    """Let the transactions that begin in here wait at most so many seconds for a row."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


def limit() -> list[str]:
    """Return the arguments of LIMIT."""
    return [f"{max(1, round(_seconds.get() * 1000))}ms"] * 2


@contextmanager
def brief(seconds: float = BRIEFLY) -> Iterator[None]:
    """Begin a transaction that waits at most so long for each row. Raises OperationalError; see ``is_locked``."""
    with transaction.atomic(), waiting(seconds):
        wait_no_longer()
        yield


def wait_no_longer() -> None:
    """Let the rest of this transaction wait at most as long as ``waiting`` says."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LIMIT}", limit())


def unless_held(change: Callable[..., int], *args: Any, **values: Any) -> int:
    """What a change of one row gives, made in a brief transaction; 0 while somebody else holds the row."""
    try:
        with brief():
            return change(*args, **values)
    except OperationalError as error:
        if is_locked(error):
            return 0
        raise


def is_locked(error: BaseException) -> bool:
    """Whether a statement was given up because somebody else holds its row (PostgreSQL's lock_not_available)."""
    cause = error.__cause__
    return "55P03" in (getattr(cause, "sqlstate", None), getattr(cause, "pgcode", None))
