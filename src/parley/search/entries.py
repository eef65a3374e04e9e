"""The entries of both indexes, one for each title and each settled message, which triggers keep up to date."""

from dataclasses import dataclass
from uuid import UUID

from parley.models import Conversation, Message
from parley.models.states import UNSETTLED

ENTRIES = "parley_search"
MESSAGES, CONVERSATIONS = Message._meta.db_table, Conversation._meta.db_table
MAX_RANKED = 1_000
"""Entries that are ranked, the newest: some words occur nearly everywhere."""
TITLES_COUNT = 2
"""A title's relevance is multiplied by this."""

_unsettled = ", ".join(f"'{status}'" for status in UNSETTLED)


def settled(row: str) -> str:
    """Return the SQL condition that a message has its text; ``row`` is its name in SQL, such as NEW."""
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
"""Statements that add entries of rows without one; the triggers add the words."""


@dataclass(frozen=True)
class Found:
    """A place with all words: a message, or where that is None the title of the conversation."""

    conversation: UUID
    message: UUID | None
