"""Copy messages inside the database, and delete those of an expired conversation in portions."""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections, models, router
from django.db.models.functions import Length

from parley.ids import uuid7

from . import locks
from .attached import Attached
from .feed import Feed
from .portions import ROW, Pace
from .statements import Statement

WEIGHT = Length("content") + Length("reasoning") + Length("html") + ROW
"""The weight of a message, in characters, for ``portions``."""
COPIED = {
    "id": "copy.id",
    "parent_id": "CAST(copy.parent AS {uuid})",
    "conversation_id": "CAST(%s AS {uuid})",
    "status": "CASE WHEN status IN ('pending', 'streaming') THEN 'stopped' ELSE status END",
    "settled_at": "CASE WHEN status IN ('pending', 'streaming') THEN CURRENT_TIMESTAMP ELSE settled_at END",
    "version": "0",
    "idempotency_key": "NULL",
    "worker": "NULL",
    "enqueued_at": "NULL",
}
"""Column → its SQL in a copy, where it differs from the original: a running reply is a stopped one in the copy."""
COPY = """INSERT INTO "parley_message" ({columns})
    WITH copy (original, id, parent) AS (VALUES {copies})
    SELECT {values} FROM copy JOIN parley_message ON parley_message.id = copy.original"""
COPY_FILES = """INSERT INTO parley_attached (attachment_id, message_id, position, "on")
    WITH copy (original, id) AS (VALUES {copies})
    SELECT attachment_id, copy.id, position, "on" FROM copy JOIN parley_attached ON message_id = copy.original"""


class Copy(NamedTuple):
    original: UUID
    id: UUID
    parent: UUID | None
    weight: int


def copies(branch: models.QuerySet[Any]) -> Iterator[Copy]:
    """Yield a copy with a new id for each message of a branch, root first."""
    above = None
    for original, weight in list(branch.order_by("pk").values_list("pk", WEIGHT)):
        yield (copy := Copy(original, uuid7(above), above, weight))
        above = copy.id


def copying(message: type[models.Model], rows: list[Copy], conversation: UUID) -> list[Statement]:
    """Return the statements that insert these copies into a conversation, if their originals still exist."""
    connection = connections[router.db_for_write(message)]
    key: Any = message._meta.pk
    columns = [str(field.column) for field in message._meta.concrete_fields]
    values = [COPIED.get(column, f'parley_message."{column}"') for column in columns]
    statement = COPY.format(
        columns=", ".join(f'"{column}"' for column in columns),
        copies=", ".join(["(%s, %s, %s)"] * len(rows)),
        values=", ".join(values).format(uuid=key.db_type(connection)),
    )
    ids = [each for row in rows for each in row[:3]] + [conversation]
    pairs = [each for row in rows for each in row[:2]]
    files = COPY_FILES.format(copies=", ".join(["(%s, %s)"] * len(rows)))
    return [
        (text, tuple(key.get_db_prep_value(each, connection) for each in values))
        for text, values in ((statement, ids), (files, pairs))
    ]


LONGEST = 1.0
"""Seconds for one conversation; the next sweep deletes the rest."""
MAX_ROWS = 200


def emptied(conversation: Any, clock: Callable[[], float] = time.monotonic) -> bool:
    """Delete messages, newest first, for LONGEST seconds; return whether none is left.

    Stop where another process has locked the conversation, which does the same, or the feed, which may copy from it.
    """
    pace, until = Pace(), clock() + LONGEST
    left = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    while left:
        newest = _weighed(conversation, left[-min(pace.rows, MAX_ROWS) :], pace.most)
        with pace.transaction(sum(newest.values())):
            locks.wait_no_longer()
            if not (Feed.hold([conversation.owner_id]) and _held(conversation)):
                return False
            _delete(conversation, list(newest))
        del left[-len(newest) :]
        if clock() >= until:
            return not left
    return True


def _held(conversation: Any) -> bool:
    held = type(conversation)._default_manager.filter(pk=conversation.pk).select_for_update(skip_locked=True)
    return bool(held.values_list("pk"))


def _weighed(conversation: Any, ids: list[UUID], most: float) -> dict[UUID, int]:
    """Return {id: weight} of the last of these messages, at least one; replies are deleted before their parents."""
    sizes = dict(conversation.messages.filter(pk__in=ids).values_list("pk", WEIGHT))
    found: dict[UUID, int] = {}
    for pk in reversed(ids):
        if found and sum(found.values()) + sizes.get(pk, 0) > most:
            break
        found[pk] = sizes.get(pk, 0)
    return found


def _delete(conversation: Any, ids: list[UUID]) -> None:
    """Delete these without reading them and without signals: no page shows their conversation."""
    everyone = conversation.messages.model._default_manager
    type(conversation)._default_manager.filter(shown__in=ids).update(shown=None)
    everyone.filter(parent__in=ids).exclude(pk__in=ids).update(parent=None)
    delete_raw(everyone.filter(pk__in=ids))


def delete_raw(messages: models.QuerySet[Any]) -> None:
    """Delete messages, which nothing refers to, without reading them and without signals."""
    for rows in (Attached.objects.filter(message__in=messages.order_by()).order_by(), messages.order_by()):
        rows._raw_delete(rows.db)
