"""Write conversations as documents, the format that exports write and imports read.

{"format": "parley", "version": 1, "conversation": {"id", "title", …, "messages": [{"id", "parent", …}]}}; times are
ISO 8601 in UTC, messages in order, each after its parent. ``codec`` lists the fields; formats/parley.py reads them.
"""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from uuid import UUID

from parley.codec import CONVERSATION, MESSAGE, STAMP, written
from parley.models import Conversation, Message, Status
from parley.models.conversation import FORK
from parley.models.states import UNSETTLED
from parley.models.tree import above

CHUNK = 200
"""Messages in memory at once."""


def whole_tree(conversation: Conversation, *left_out: str) -> Iterator[Message]:
    """Yield all messages, each after its parent, without the fields ``left_out``; one query."""
    rows = conversation.messages.order_by("id").defer(*left_out)
    for message in rows.iterator(CHUNK):
        message.conversation = conversation
        yield message


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


def json_of(conversation: Conversation) -> Iterator[str]:
    """Yield the document of a conversation as JSON text: a head, one piece for each message, and an end."""
    opened, closed = dumped({**STAMP, "conversation": {**_head(conversation), "messages": []}})[:-3], "\n]}}\n"
    yield opened
    for number, message in enumerate(whole_tree(conversation, "html")):
        yield (",\n" if number else "\n") + dumped(_message(message))
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


def _message(message: Message) -> dict[str, Any]:
    """Write a message; a reply that is still being written becomes an interrupted one."""
    parent = message.parent_id and str(message.parent_id)
    raw = {"id": str(message.pk), "parent": parent, **written(message, MESSAGE)}
    return {**raw, "status": Status.INTERRUPTED.value} if message.status in UNSETTLED else raw
