"""Loads the conversation history of a reply, newest first, until the context window is full."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from parley.models import Message, tree

from .inclusion import BYTES_PER_TOKEN
from .prompt import SPOKEN, TOKENS_PER_MESSAGE, Turn

SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
_NAMES = {
    "sqlite": {"size": "length(CAST(above.content AS BLOB))", "first": "unicode(above.content)"},
    "postgresql": {"size": "octet_length(above.content)", "first": "ascii(above.content)"},
}
_FILES = "above.role = 'user' AND EXISTS (SELECT 1 FROM parley_attached WHERE message_id = above.id)"
_SENDABLE = (
    f"above.status IN {SPOKEN} AND ({{first}} BETWEEN 33 AND 126"
    f" OR LTRIM(substr(above.content, 1, 99), %(spaces)s) <> '' OR LTRIM(above.content, %(spaces)s) <> '' OR {_FILES})"
)
"""Most texts begin with a character of ASCII, which says so at once; of most others only the beginning is read."""
_ABOVE = """
        FROM walk JOIN parley_message above ON above.id = walk.parent_id
        WHERE CASE above.conversation_id WHEN %(conversation)s THEN 1 END = 1
        AND walk.step < (SELECT count(*) FROM parley_message WHERE conversation_id = %(conversation)s)"""
"""No branch has more messages than its conversation, unless it goes in a circle.

CASE: of a table that it has not analysed PostgreSQL believes that the index of the conversation finds one row, and
would look through the whole conversation at each step.
"""
_NEWEST = f"""
    WITH RECURSIVE walk (step, id, parent_id, files, role, status, content, room) AS (
        SELECT 0, id, parent_id, 0, role, status, content, CAST(%(room)s AS bigint)
        FROM parley_message WHERE id = %(start)s
        UNION ALL
        SELECT walk.step + 1, above.id, above.parent_id, CASE WHEN {_FILES} THEN 1 ELSE 0 END,
            above.role, above.status, above.content,
            walk.room - CASE WHEN {_SENDABLE} THEN {{size}} + {TOKENS_PER_MESSAGE * BYTES_PER_TOKEN:.0f} ELSE 0 END
        {_ABOVE} AND walk.room >= 0
    ) SELECT step, id, room, files, role, status, content FROM walk"""
_STRAIGHT = f"""
    SELECT count(*) - count(parent_id) = 1 AND count(DISTINCT parent_id) = count(parent_id)
        AND count(CASE WHEN parent_id >= id THEN 1 END) = 0,
        count(CASE WHEN id < %(start)s AND {_SENDABLE} THEN 1 END)
    FROM parley_message above WHERE conversation_id = %(conversation)s AND id <= %(start)s"""
"""Whether the messages up to one are a single branch that ends with it, and how many sendable ones stand before it."""
_OLDER = f"""
    WITH RECURSIVE walk (step, parent_id, sendable) AS (
        SELECT 0, parent_id, 0 FROM parley_message WHERE id = %(start)s
        UNION ALL
        SELECT walk.step + 1, above.parent_id, CASE WHEN {_SENDABLE} THEN 1 ELSE 0 END {_ABOVE}
    ) SELECT coalesce(sum(sendable), 0) FROM walk"""


@dataclass(frozen=True)
class History:
    """The newest turns, in order; ``older``: how many sendable messages stand before them.

    ``ids``: of the messages of these turns; ``asking``: of those that have files.
    """

    turns: list[Turn]
    older: int = 0
    ids: Sequence[UUID] = ()
    asking: Sequence[UUID] = ()


def before(reply: Message, room: float) -> History:
    """Load the branch above a reply until it fills ``room`` tokens, with the first turn that does not fit."""
    rows = sorted(_rows(_NEWEST, reply, start=tree.prepared(reply.pk), room=max(0, int(room * BYTES_PER_TOKEN) + 1)))
    if not rows:
        return History([])  # it was deleted meanwhile
    newest = {pk: (files, Turn(role, status, content)) for _, pk, _, files, role, status, content in rows}
    _, first, left, *_ = rows[-1]
    cut = left < 0 and len(newest) == len(rows)  # otherwise the branch has been read, or goes in a circle
    older = _count_above(reply, first) if cut else 0
    above = [(UUID(str(pk)), files, turn) for pk, (files, turn) in newest.items()][:0:-1]
    ids, asking = [pk for pk, *_ in above], [pk for pk, files, _ in above if files]
    return History([turn for *_, turn in above], older, ids, asking)


def _count_above(reply: Message, first: Any) -> int:
    """Count the sendable messages above one: at once if there is one branch up to it, else by walking it."""
    straight, count = _rows(_STRAIGHT, reply, start=first)[0]
    return int(count if straight else _rows(_OLDER, reply, start=first)[0][0])


def _rows(statement: str, reply: Message, **values: Any) -> list[Any]:
    values |= {"conversation": tree.prepared(reply.conversation_id), "spaces": SPACES}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**_NAMES[connection.vendor]), values)
        rows: list[Any] = cursor.fetchall()
    return rows
