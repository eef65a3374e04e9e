"""Write conversations as documents, the format that exports write and imports read.

{"format": "parley", "version": 2, "conversation": {"id", "title", …, "messages": [{"id", "parent", …}]}}; times are
ISO 8601 in UTC, messages in order, each after its parent. ``codec`` lists the fields; formats/parley.py reads them. A
question with files has "attachments": [{"id", "name", "type", "size", "sha256", "path", "alt"}]; without a path, the
file is not beside the document. What a reply was sent of which file is its "included", a list of {"id", "name", "upto",
"of", "pages", "why", "window", …}.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from parley.codec import CONVERSATION, MESSAGE, STAMP, written
from parley.models import Attached, Attachment, Conversation, Message, Status
from parley.models.conversation import FORK
from parley.models.states import UNSETTLED
from parley.models.tree import above

CHUNK = 200
"""Messages in memory at once."""
Kept = Mapping[UUID, dict[str, Any]]
"""Id of an attachment → {"path", "size", "sha256"} of its file beside the document."""
NOTHING: Kept = {}


def whole_tree(conversation: Conversation, *left_out: str) -> Iterator[Message]:
    """Yield all messages, each after its parent, without the fields ``left_out``; two queries."""
    files = _files_of(conversation)
    rows = conversation.messages.order_by("id").defer(*left_out)
    for message in rows.iterator(CHUNK):
        message.conversation = conversation
        message.files = files.get(message.pk, ())
        yield message


def _files_of(conversation: Conversation) -> dict[UUID | None, list[Attachment]]:
    files: dict[UUID | None, list[Attachment]] = defaultdict(list)
    for row in Attached.objects.filter(message__conversation=conversation).select_related("attachment"):
        files[row.message_id].append(row.attachment)
    return files


class Branch:
    """Read the shown branch of a conversation, in a fixed number of queries."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation

    @cached_property
    def ids(self) -> set[UUID]:
        path = above(self.conversation.leaf_id())
        return set(Message.objects.filter(pk__in=path).values_list("pk", flat=True))

    @cached_property
    def elsewhere(self) -> int:
        """Count the messages that are on other branches only."""
        return self.conversation.messages.count() - len(self.ids)

    def messages(self, *left_out: str) -> Iterator[Message]:
        """Yield the messages of the branch, without the fields ``left_out``."""
        return (message for message in whole_tree(self.conversation, *left_out) if message.pk in self.ids)


def json_of(conversation: Conversation, kept: Kept = NOTHING) -> Iterator[str]:
    """Yield the document of a conversation as JSON text: a head, one piece for each message, and an end."""
    opened, closed = dumped({**STAMP, "conversation": {**_head(conversation), "messages": []}})[:-3], "\n]}}\n"
    yield opened
    for number, message in enumerate(whole_tree(conversation, "html")):
        yield (",\n" if number else "\n") + dumped(_message(message, kept))
    yield closed


def dumped(value: Any) -> str:
    """Write a value as compact JSON.

    >>> dumped({"title": "Grüße", "shown": None})
    '{"title":"Grüße","shown":null}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(fragment: str) -> bytes:
    """Encode text as UTF-8; half a surrogate pair, which older versions let into the database, becomes "?".

    >>> encoded("half: \\ud83d")
    b'half: ?'
    """
    return fragment.encode(errors="replace")


def _head(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        **written(conversation, CONVERSATION),
        "folder": conversation.folder.name if conversation.folder else None,
        "origin": "" if conversation.origin.startswith(FORK) else conversation.origin,
        "shown": conversation.shown_id and str(conversation.shown_id),
    }


def _message(message: Message, kept: Kept) -> dict[str, Any]:
    """Write a message; a reply that is still being written becomes an interrupted one."""
    parent = message.parent_id and str(message.parent_id)
    raw = {"id": str(message.pk), "parent": parent, **written(message, MESSAGE)}
    if message.files:
        raw["attachments"] = [named_file(one, kept) for one in message.files]
    return {**raw, "status": Status.INTERRUPTED.value} if message.status in UNSETTLED else raw


def named_file(one: Attachment, kept: Kept) -> dict[str, Any]:
    """Return what a document says of a file, with its path if it lies beside the document."""
    nowhere = {"sha256": "", "path": None}
    facts = {"id": str(one.pk), "name": one.name, "type": one.media_type, "size": one.size, "alt": one.alt, **nowhere}
    return facts | kept.get(one.pk, {})
