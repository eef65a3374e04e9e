"""What both indexes have in common: one entry for each title and each settled text, kept in step by triggers."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from parley.models import Conversation, Message
from parley.models.states import UNSETTLED

ENTRIES = "parley_search"
MESSAGES, CONVERSATIONS = Message._meta.db_table, Conversation._meta.db_table
MOST_RANKED = 1_000
"""Of words that occur nearly everywhere, only so many of the newest entries are compared."""
TITLES_COUNT = 2
"""A title's relevance is multiplied by this."""

_unsettled = ", ".join(f"'{status}'" for status in UNSETTLED)


def settled(row: str) -> str:
    """SQL: whether a message has its text; ``row`` is its name, NEW for one."""
    return f"({row}.status NOT IN ({_unsettled}))"


INDEXES = (
    f"CREATE UNIQUE INDEX {ENTRIES}_message ON {ENTRIES} (message_id)",
    f"CREATE UNIQUE INDEX {ENTRIES}_title ON {ENTRIES} (conversation_id) WHERE message_id IS NULL",
    f"CREATE INDEX {ENTRIES}_conversation ON {ENTRIES} (conversation_id)",
)
FILL_TITLES = (
    f"INSERT INTO {ENTRIES} (conversation_id) SELECT id FROM {CONVERSATIONS} WHERE title <> '' AND id IN ({{keys}}) "
    "ON CONFLICT DO NOTHING"
)
FILL_MESSAGES = (
    f"INSERT INTO {ENTRIES} (conversation_id, message_id) SELECT conversation_id, id FROM {MESSAGES} AS message "
    f"WHERE {settled('message')} AND content <> '' AND id IN ({{keys}}) ORDER BY id ON CONFLICT DO NOTHING"
)
"""Statements that make the entries of some rows that have none; the triggers put the words in."""


@dataclass(frozen=True)
class Found:
    """A place that has all words: a message, or the title of a conversation."""

    conversation: UUID
    message: UUID | None


def found(rows: list[tuple[Any, Any]]) -> list[Found]:
    return [Found(_uuid(conversation), _uuid(message) if message else None) for conversation, message in rows]


def _uuid(key: Any) -> UUID:
    return key if isinstance(key, UUID) else UUID(key)
