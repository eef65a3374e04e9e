"""The index of the database in use: making it, filling it, and finding words in it."""

from types import ModuleType
from typing import Any
from uuid import UUID

from django.db import NotSupportedError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from parley.models import Attachment, Conversation, Message
from parley.models.portions import ROW, Pace

from . import postgresql, sqlite
from .entries import ENTRIES, FILL_MESSAGES, FILL_TEXTS, FILL_TITLES, TEXTS, Found
from .query import Query

NEEDED = "Parley needs PostgreSQL, or an SQLite with FTS5."


def find(owner: Any, query: Query, *, offset: int, count: int) -> list[Found]:
    """Return the places with all words of a query among what a person owns, the most relevant first.

    Raises NotSupportedError on a database that keeps no index, which Django's checks refuse.
    """
    connection = connections[Conversation.objects.db]
    kept = _kept_by(connection)
    if kept is None:
        raise NotSupportedError(NEEDED)
    key = Conversation._meta.get_field("owner").get_db_prep_value(owner.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(*kept.finding(key, query, offset=offset, count=count))
        rows = cursor.fetchall()
    return [Found(*(found and UUID(str(found)) for found in row)) for row in rows]


def is_possible() -> bool:
    """Tell whether the database of the conversations can keep an index."""
    return _kept_by(connections[Conversation.objects.db]) is not None


def make(connection: BaseDatabaseWrapper) -> int:
    """Make the index anew and return the number of conversations; 0 on a database that keeps no index."""
    kept = _kept_by(connection)
    if kept is None:
        return 0
    for_texts = kept.making_for_texts() if _has_texts(connection) else []
    _execute(connection, [*kept.unmaking(), *kept.making(connection), *for_texts])
    return _fill(connection)


def take_texts(connection: BaseDatabaseWrapper) -> None:
    """Keep the texts of files as well, in the index of an older version; the rest of it stays."""
    kept = _kept_by(connection)
    if kept and ENTRIES in connection.introspection.table_names():
        with connection.cursor() as cursor:
            columns = {column.name for column in connection.introspection.get_table_description(cursor, ENTRIES)}
        widening = [] if "attachment_id" in columns else kept.widening()
        _execute(connection, [*widening, *kept.making_for_texts()])


def leave_texts(connection: BaseDatabaseWrapper) -> None:
    """Keep the texts of files no longer, before their table is dropped."""
    kept = _kept_by(connection)
    if kept and ENTRIES in connection.introspection.table_names():
        emptying = f"DELETE FROM {ENTRIES} WHERE attachment_id IS NOT NULL"
        _execute(connection, [emptying, *kept.unmaking_for_texts()])


def _has_texts(connection: BaseDatabaseWrapper) -> bool:
    return TEXTS in connection.introspection.table_names()


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the index and its triggers, if there is one."""
    if kept := _kept_by(connection):
        _execute(connection, kept.unmaking())


def after_migrate(using: str, **kwargs: Any) -> None:
    """Make an index anew whose triggers are lost, as after a migration that makes a table anew; never a first one."""
    connection = connections[using]
    kept = _kept_by(connection)
    if kept and ENTRIES in connection.introspection.table_names() and not _is_whole(connection, kept):
        make(connection)


def _is_whole(connection: BaseDatabaseWrapper, kept: ModuleType) -> bool:
    """Return whether no trigger is missing: Django makes a table of SQLite anew to change a column, without them."""
    needed = {*kept.TRIGGERS, *(kept.TRIGGERS_OF_TEXTS if _has_texts(connection) else ())}
    with connection.cursor() as cursor:
        cursor.execute(kept.ALL_TRIGGERS)
        return {f"{ENTRIES}_{name}" for name in needed} <= {name for (name,) in cursor.fetchall()}


def _fill(connection: BaseDatabaseWrapper) -> int:
    conversations = _keys(connection, Conversation)
    _fill_in(connection, FILL_TITLES, conversations)
    _fill_in(connection, FILL_MESSAGES, _keys(connection, Message))
    _fill_in(connection, FILL_TEXTS, _keys(connection, Attachment) if _has_texts(connection) else [])
    return len(conversations)


def _keys(connection: BaseDatabaseWrapper, model: type[Conversation | Message | Attachment]) -> list[Any]:
    return list(model._default_manager.using(connection.alias).order_by("pk").values_list("pk", flat=True))


def _fill_in(connection: BaseDatabaseWrapper, statement: str, keys: list[Any]) -> None:
    """Fill in portions, so that questions can be asked meanwhile; the triggers add entries for these."""
    pace, done = Pace(), 0
    while done < len(keys):
        some = keys[done : done + pace.rows]
        adapted = [Conversation._meta.pk.get_db_prep_value(key, connection) for key in some]
        with pace.transaction(len(some) * ROW, connection.alias), connection.cursor() as cursor:
            cursor.execute(statement.format(keys=", ".join(["%s"] * len(some))), adapted)
        done += len(some)


def _kept_by(connection: BaseDatabaseWrapper) -> ModuleType | None:
    if connection.vendor == "postgresql":
        return postgresql
    return sqlite if connection.vendor == "sqlite" and sqlite.is_possible() else None


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
