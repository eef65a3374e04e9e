"""The entries of both indexes, one for each title, settled message and text of a file, kept up to date by triggers."""

from dataclasses import dataclass
from uuid import UUID

from parley.models import Attached, Attachment, AttachmentText, Conversation, Folder, Message
from parley.models.states import UNSETTLED

ENTRIES = "parley_search"
MESSAGES, CONVERSATIONS = Message._meta.db_table, Conversation._meta.db_table
ATTACHMENTS, TEXTS = Attachment._meta.db_table, AttachmentText._meta.db_table
ENTER_TEXT = (
    f"INSERT INTO {ENTRIES} (conversation_id, attachment_id) "
    "SELECT NEW.attachment_id, NEW.attachment_id WHERE NEW.text <> '';"
)
REMOVE_TEXT = f"DELETE FROM {ENTRIES} WHERE attachment_id = OLD.attachment_id;"
SAID = (
    f"FROM {TEXTS} AS said JOIN {ATTACHMENTS} AS attachment ON attachment.id = said.attachment_id "
    "WHERE said.attachment_id = NEW.attachment_id;"
)
"""Statements of both databases' triggers. The id of the file stands where others have their conversation's."""
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
    f"CREATE UNIQUE INDEX {ENTRIES}_attachment ON {ENTRIES} (attachment_id)",
)
USED = f"""
SELECT {{field}} FROM {Attached._meta.db_table} AS used JOIN {MESSAGES} AS question ON question.id = used.message_id
JOIN {CONVERSATIONS} AS place ON place.id = question.conversation_id
WHERE used.attachment_id = {{attachment}} AND {{where}} ORDER BY question.id DESC LIMIT 1
"""
"""The newest question that has a file."""
_OWN = "place.owner_id = %s AND place.deleted_at IS NULL"
PLACE = f"""
CASE WHEN entry.attachment_id IS NULL THEN entry.conversation_id ELSE (
    {USED.format(field="place.id", attachment="entry.attachment_id", where=_OWN)}
) END
"""
"""The conversation to which an entry leads; its value is the owner."""
ITS_CONVERSATION = f"""
LEFT JOIN {CONVERSATIONS} AS conversation ON conversation.id = {PLACE}
    AND conversation.owner_id = %s AND conversation.deleted_at IS NULL
"""
IS_HELD = f"""
(conversation.id IS NOT NULL OR entry.attachment_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM {Attached._meta.db_table} AS kept JOIN {Folder._meta.db_table} AS folder ON folder.id = kept.folder_id
    WHERE kept.attachment_id = entry.attachment_id AND folder.owner_id = %s
))
"""
"""Join and condition of what is found: of a conversation, or a file that only a folder has; their values are owners."""
QUESTION = USED.format(field="question.id", attachment="hit.attachment_id", where="place.id = hit.conversation_id")
FOUND = f"SELECT conversation_id, coalesce(message_id, ({QUESTION})), attachment_id FROM"
WEIGHT = f"CASE WHEN message_id IS NULL AND attachment_id IS NULL THEN {TITLES_COUNT} ELSE 1 END"
FILL_TITLES = (
    f"INSERT INTO {ENTRIES} (conversation_id) SELECT id FROM {CONVERSATIONS} WHERE title <> '' AND id IN ({{keys}}) "
    "ON CONFLICT DO NOTHING"
)
FILL_MESSAGES = (
    f"INSERT INTO {ENTRIES} (conversation_id, message_id) SELECT conversation_id, id FROM {MESSAGES} AS message "
    f"WHERE {settled('message')} AND content <> '' AND id IN ({{keys}}) ORDER BY id ON CONFLICT DO NOTHING"
)
FILL_TEXTS = (
    f"INSERT INTO {ENTRIES} (conversation_id, attachment_id) SELECT attachment_id, attachment_id FROM {TEXTS} "
    "WHERE text <> '' AND attachment_id IN ({keys}) ON CONFLICT DO NOTHING"
)
"""Statements that add entries of rows without one; the triggers add the words."""


@dataclass(frozen=True)
class Found:
    """A place with all words: a file of a message, the message, or where that is None the title of the conversation.

    A file without a conversation is that of a folder.
    """

    conversation: UUID | None
    message: UUID | None
    attachment: UUID | None = None
