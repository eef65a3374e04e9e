"""Copy messages inside the database, so that their texts are never read into this process."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections, models, router
from django.db.models.functions import Length

from parley.ids import uuid7

from .portions import ROW
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
    """Return the statement that inserts these copies into a conversation, if their originals still exist."""
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
