"""Walks along the parent pointers of messages, from one conversation into those that it was forked from.

Each is one recursive query, the same on SQLite and PostgreSQL. Where pointers go in a circle, UNION stops at what was
seen; a walk that counts its steps has a last one.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL

MOST_STEPS = 100_000

Ids = Iterable[UUID | None]
_key = models.UUIDField()

_ABOVE = """
    WITH RECURSIVE walk (id, parent_id) AS (
        SELECT id, parent_id FROM parley_message WHERE id IN ({starts})
        UNION
        SELECT above.id, above.parent_id FROM parley_message above JOIN walk ON above.id = walk.parent_id
    ) SELECT id FROM walk"""
_NEAREST = """
    WITH RECURSIVE walk (id, parent_id, step) AS (
        SELECT id, parent_id, 1 FROM parley_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, walk.step + 1
        FROM parley_message above JOIN walk ON above.id = walk.parent_id WHERE walk.step < %s
    ) SELECT id FROM walk"""
_BELOW = """
    WITH RECURSIVE walk (id) AS (
        SELECT id FROM parley_message WHERE id = %s
        UNION
        SELECT below.id FROM parley_message below JOIN walk ON below.parent_id = walk.id
    ) SELECT id FROM walk"""
_NEWEST_LEAF = """
    WITH RECURSIVE walk (id, parent_id, conversation_id) AS (
        SELECT id, parent_id, conversation_id FROM parley_message WHERE id = %s
        UNION
        SELECT below.id, below.parent_id, below.conversation_id
        FROM parley_message below JOIN walk ON below.parent_id = walk.id
    ) SELECT id FROM walk WHERE conversation_id = %s
    AND id NOT IN (SELECT parent_id FROM walk WHERE conversation_id = %s AND parent_id IS NOT NULL)
    ORDER BY id DESC LIMIT 1"""
_DOWNWARDS = """
    WITH RECURSIVE walk (id, parent_id, step) AS (
        SELECT id, parent_id, 1 FROM parley_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, walk.step + 1
        FROM parley_message above JOIN walk ON above.id = walk.parent_id WHERE walk.id <> %s AND walk.step < %s
    ) SELECT id FROM walk ORDER BY step DESC LIMIT %s"""


def above(ids: Ids) -> RawSQL:
    """The ids of these messages and of all above them, for ``pk__in``."""
    starts = list(_keys(ids)) or [None]
    return RawSQL(_ABOVE.format(starts=", ".join(["%s"] * len(starts))), starts)


def nearest(leaf: UUID | None, count: int) -> RawSQL:
    """The ids of a message and of the nearest above it, so many in all, for ``pk__in``."""
    return RawSQL(_NEAREST, [*_keys([leaf]), count])


def below(message: UUID) -> RawSQL:
    """The ids of a message and of all below it, in forks too, for ``pk__in``."""
    return RawSQL(_BELOW, [*_keys([message])])


def newest_leaf(message: UUID | None, conversation: UUID) -> UUID | None:
    """The newest message of a conversation that is below another, or it, and has none of the conversation below."""
    return next(_ids(_NEWEST_LEAF, [*_keys([message, conversation, conversation])]), None)


def downwards(start: UUID, leaf: UUID | None, count: int) -> list[UUID]:
    """The first ids of the way from a message down to a leaf; empty when the leaf is not below it."""
    ids = list(_ids(_DOWNWARDS, [*_keys([leaf, start]), MOST_STEPS, count]))
    return ids if ids[:1] == [start] else []


def _keys(ids: Ids) -> Iterator[Any]:
    """As the database has them: 32 hex digits where it has no type for them."""
    return (_key.get_db_prep_value(each, connection) for each in ids)


def _ids(statement: str, values: list[Any]) -> Iterator[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return map(UUID, map(str, [pk for (pk,) in cursor.fetchall()]))
