"""Loads the conversation history of a reply, newest first, until the context window is full."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from parley.models import Message, tree

from .prompt import BYTES_PER_TOKEN, SPOKEN, TOKENS_PER_MESSAGE, Turn

SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
_NAMES = {
    "sqlite": {"size": "length(CAST(above.content AS BLOB))", "first": "unicode(above.content)"},
    "postgresql": {"size": "octet_length(above.content)", "first": "ascii(above.content)"},
}
_SENDABLE = (
    f"above.status IN {SPOKEN} AND ({{first}} BETWEEN 33 AND 126"
    " OR LTRIM(substr(above.content, 1, 99), %(spaces)s) <> '' OR LTRIM(above.content, %(spaces)s) <> '')"
)
"""Most texts begin with a character of ASCII, which says so at once; of most others only the beginning is read."""
_ABOVE = """
        FROM walk JOIN parley_message above ON above.id = walk.parent_id AND above.conversation_id = %(conversation)s
        WHERE walk.step < (SELECT count(*) FROM parley_message WHERE conversation_id = %(conversation)s)"""
"""No branch has more messages than its conversation, unless it goes in a circle."""
_NEWEST = f"""
    WITH RECURSIVE walk (step, id, parent_id, role, status, content, room) AS (
        SELECT 0, id, parent_id, role, status, content, CAST(%(room)s AS bigint)
        FROM parley_message WHERE id = %(start)s
        UNION ALL
        SELECT walk.step + 1, above.id, above.parent_id, above.role, above.status, above.content,
            walk.room - CASE WHEN {_SENDABLE} THEN {{size}} + {TOKENS_PER_MESSAGE * BYTES_PER_TOKEN:.0f} ELSE 0 END
        {_ABOVE} AND walk.room >= 0
    ) SELECT step, id, room, role, status, content FROM walk"""
_OLDER = f"""
    WITH RECURSIVE walk (step, parent_id, sendable) AS (
        SELECT 0, parent_id, 0 FROM parley_message WHERE id = %(start)s
        UNION ALL
        SELECT walk.step + 1, above.parent_id, CASE WHEN {_SENDABLE} THEN 1 ELSE 0 END {_ABOVE}
    ) SELECT coalesce(sum(sendable), 0) FROM walk"""


@dataclass(frozen=True)
class History:
    """The newest turns, in order; ``older``: how many sendable messages stand before them."""

    turns: list[Turn]
    older: int = 0


def before(reply: Message, room: float) -> History:
    """Load the branch above a reply until it fills ``room`` tokens, with the first turn that does not fit."""
    rows = sorted(_rows(_NEWEST, reply, start=tree.prepared(reply.pk), room=max(0, int(room * BYTES_PER_TOKEN) + 1)))
    if not rows:
        return History([])  # it was deleted meanwhile
    newest = {pk: (role, status, content) for _, pk, _, role, status, content in rows}
    _, first, left, *_ = rows[-1]
    cut = left < 0 and len(newest) == len(rows)  # otherwise the branch has been read, or goes in a circle
    older = _rows(_OLDER, reply, start=first)[0][0] if cut else 0
    return History([*newest.values()][:0:-1], older)


def _rows(statement: str, reply: Message, **values: Any) -> list[Any]:
    values |= {"conversation": tree.prepared(reply.conversation_id), "spaces": SPACES}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**_NAMES[connection.vendor]), values)
        rows: list[Any] = cursor.fetchall()
    return rows
