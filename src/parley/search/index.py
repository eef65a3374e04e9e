"""The index of the database that is used: to make it, to fill it, and to look for words."""

from types import ModuleType
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from parley.models import Conversation

from . import plain, postgresql, sqlite
from .entries import ENTRIES, FILL, Found
from .query import Query

AT_ONCE = 50
"""Conversations that are filled in within one transaction."""


def find(owner: Any, query: Query, *, offset: int, count: int) -> list[Found]:
    """Where all the words of a query are, among what a person owns; the most relevant first."""
    connection = connections[Conversation.objects.db]
    key = Conversation._meta.get_field("owner").get_db_prep_value(owner.pk, connection)
    return (_kept_by(connection) or plain).find(connection, key, query, offset=offset, count=count)


def make(connection: BaseDatabaseWrapper) -> int:
    """The index, from nothing → the conversations in it; a database without one of its own needs none."""
    kept = _kept_by(connection)
    if kept is None:
        return 0
    _execute(connection, [*kept.unmaking(), *kept.making(connection)])
    return _fill(connection)


def remove(connection: BaseDatabaseWrapper) -> None:
    if kept := _kept_by(connection):
        _execute(connection, kept.unmaking())


def after_migrate(using: str, **kwargs: Any) -> None:
    """A migration may have made a table anew, and its triggers are lost then."""
    mend(connections[using])


def mend(connection: BaseDatabaseWrapper) -> None:
    """Make an index anew whose triggers were lost; one that was never made stays so."""
    kept = _kept_by(connection)
    if kept and ENTRIES in connection.introspection.table_names() and not kept.is_whole(connection):
        make(connection)


def _fill(connection: BaseDatabaseWrapper) -> int:
    keys = list(Conversation.objects.using(connection.alias).order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), AT_ONCE):
        _fill_some(connection, keys[first : first + AT_ONCE])
    return len(keys)


def _fill_some(connection: BaseDatabaseWrapper, keys: list[Any]) -> None:
    adapted = [Conversation._meta.pk.get_db_prep_value(key, connection) for key in keys]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement.format(keys=", ".join(["%s"] * len(keys))), adapted)


def _kept_by(connection: BaseDatabaseWrapper) -> ModuleType | None:
    """The module of the index that this database can keep."""
    if connection.vendor == "postgresql":
        return postgresql
    return sqlite if connection.vendor == "sqlite" and sqlite.is_possible() else None


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
