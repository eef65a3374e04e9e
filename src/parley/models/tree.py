"""Walk along the parent pointers of the messages of a conversation.

Each walk is one recursive query, the same on SQLite and PostgreSQL. If pointers go in a circle, UNION stops at rows it
has seen, and walks that count their steps stop at a limit.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL

from .statements import marks

MAX_STEPS = 100_000

_key = models.UUIDField()

_ABOVE = """
    WITH RECURSIVE walk (id, parent_id) AS (
        SELECT id, parent_id FROM parley_message WHERE id = %s
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
    WITH RECURSIVE walk (id, parent_id) AS (
        SELECT id, parent_id FROM parley_message WHERE id = %s
        UNION
        SELECT below.id, below.parent_id FROM parley_message below JOIN walk ON below.parent_id = walk.id
    ) SELECT id FROM walk WHERE id NOT IN (SELECT parent_id FROM walk WHERE parent_id IS NOT NULL)
    ORDER BY id DESC LIMIT 1"""
_NEXT = """
    WITH RECURSIVE start (id) AS (
        SELECT COALESCE(shown_id, (
            SELECT id FROM parley_message WHERE conversation_id = %(conversation)s ORDER BY id DESC LIMIT 1
        )) FROM parley_conversation WHERE id = %(conversation)s
    ), walk (id, parent_id) AS (
        SELECT message.id, message.parent_id FROM parley_message message JOIN start ON message.id = start.id
        UNION
        SELECT below.id, below.parent_id FROM parley_message below JOIN walk ON below.parent_id = walk.id
    ) SELECT COALESCE((
        SELECT id FROM walk WHERE id NOT IN (SELECT parent_id FROM walk WHERE parent_id IS NOT NULL)
        ORDER BY id DESC LIMIT 1
    ), start.id), EXISTS (
        SELECT 1 FROM parley_message asked JOIN parley_conversation mine ON mine.id = asked.conversation_id
        WHERE asked.idempotency_key = %(key)s AND mine.owner_id = %(owner)s
    ) FROM start"""
_DOWNWARDS = """
    WITH RECURSIVE walk (id, parent_id, step) AS (
        SELECT id, parent_id, 1 FROM parley_message WHERE id = %s
        UNION ALL
        SELECT above.id, above.parent_id, walk.step + 1
        FROM parley_message above JOIN walk ON above.id = walk.parent_id WHERE walk.id <> %s AND walk.step < %s
    ) SELECT id FROM walk ORDER BY step DESC LIMIT %s"""
_CHILDREN = """
    SELECT id, parent_id FROM parley_message
    WHERE parent_id IN ({}) OR (parent_id IS NULL AND conversation_id = %s)"""


def above(leaf: UUID | None) -> RawSQL:
    """Return the ids of a message and of all above it, for ``pk__in``."""
    return RawSQL(_ABOVE, [prepared(leaf)])


def nearest(leaf: UUID | None, count: int) -> RawSQL:
    """Return the ids of a message and of the nearest above it, ``count`` in all, for ``pk__in``."""
    return RawSQL(_NEAREST, [prepared(leaf), count])


def below(message: UUID) -> RawSQL:
    """Return the ids of a message and of all below it, for ``pk__in``."""
    return RawSQL(_BELOW, [prepared(message)])


def newest_leaf(message: UUID) -> UUID:
    """Return the id of the newest leaf below a message; of the message itself if there is none (in a circle)."""
    return next(_ids(_NEWEST_LEAF, [prepared(message)]), message)


def next_place(conversation: UUID, owner: Any, key: UUID | None) -> tuple[UUID | None, bool] | None:
    """Return (end of the shown branch, whether this person's form with this key was sent); None if it was deleted.

    ``owner``: their id as the database stores it.
    """
    values = {"conversation": prepared(conversation), "owner": owner, "key": prepared(key)}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, values)
        place = cursor.fetchone()
    return place and (place[0] and UUID(str(place[0])), bool(place[1]))


def downwards(start: UUID, leaf: UUID | None, count: int) -> list[UUID]:
    """Return the first ``count`` ids of the path from a message down to a leaf; [] if the leaf is not below it."""
    ids = list(_ids(_DOWNWARDS, [prepared(leaf), prepared(start), MAX_STEPS, count]))
    return ids if ids[:1] == [start] else []


def children(parents: Mapping[UUID | None, UUID]) -> list[tuple[UUID, UUID | None]]:
    """Return (id, parent) of the messages with these parents, oldest first, given {parent: conversation}.

    The parent None stands for the first messages of its conversation. Of others the conversation is no condition,
    since it might lead the database to a worse index.
    """
    values = [*map(prepared, parents), prepared(parents.get(None))]
    with connection.cursor() as cursor:
        cursor.execute(_CHILDREN.format(marks([*parents])), values)
        return sorted((UUID(str(pk)), parent and UUID(str(parent))) for pk, parent in cursor.fetchall())


def prepared(pk: UUID | None) -> Any:
    """Return an id as the database stores it: as 32 hex digits if it has no type for UUIDs."""
    return _key.get_db_prep_value(pk, connection)


def _ids(statement: str, values: list[Any]) -> Iterator[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return map(UUID, map(str, [pk for (pk,) in cursor.fetchall()]))
