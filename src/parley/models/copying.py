"""Copies of messages, which the database makes: their texts do not come into this process."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections, models, router
from django.db.models.functions import Length

from parley.ids import uuid7

from .portions import ROW, Statement

WEIGHT = Length("content") + Length("reasoning") + Length("html") + ROW
"""What a message costs to write, as ``portions`` counts it."""
COPIED = {
    "id": "copy.id",
    "parent_id": "CAST(copy.parent AS {uuid})",
    "conversation_id": "CAST(%s AS {uuid})",
    "status": "CASE WHEN status IN ('pending', 'streaming') THEN 'stopped' ELSE status END",
    "settled_at": "CASE WHEN status IN ('pending', 'streaming') THEN CURRENT_TIMESTAMP ELSE settled_at END",
    "version": "0",
    "key": "NULL",
    "worker": "NULL",
    "enqueued_at": "NULL",
}
"""Column → what it is in a copy, where that is something else: what is being written ends there."""
COPY = """INSERT INTO "parley_message" ({columns})
    WITH copy (original, id, parent) AS (VALUES {copies})
    SELECT {values} FROM copy JOIN parley_message ON parley_message.id = copy.original"""


class Copy(NamedTuple):
    original: UUID
    id: UUID
    parent: UUID | None
    weight: int


def copies(branch: models.QuerySet[Any]) -> Iterator[Copy]:
    """Messages, in order, as a branch of copies with new ids."""
    above = None
    for original, weight in list(branch.order_by("pk").values_list("pk", WEIGHT)):
        yield (copy := Copy(original, uuid7(above), above, weight))
        above = copy.id


def copying(message: type[models.Model], rows: list[Copy], conversation: UUID) -> list[Statement]:
    """The statement that inserts these copies into a conversation, of those originals that are still there."""
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
    return [(statement, tuple(key.get_db_prep_value(each, connection) for each in ids))]
