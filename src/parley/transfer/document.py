"""Write conversations as documents, the format that exports write and imports read.

{"format": "parley", "version": 1, "conversation": {"id", "title", …, "messages": [{"id", "parent", …}]}}; times are
ISO 8601 in UTC, messages in order, each after its parent. ``codec`` lists the fields; formats/parley.py reads them.
"""

import json
from collections.abc import Iterator
from typing import Any

from parley.codec import CONVERSATION, MESSAGE, STAMP, written
from parley.models import Conversation, Message, Status
from parley.models.conversation import FORK
from parley.models.states import UNSETTLED

from .rows import whole_tree


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
        "shown": _name(conversation.shown_id),
    }


def _message(message: Message) -> dict[str, Any]:
    """Write a message; a reply that is still being written becomes an interrupted one."""
    raw = {"id": str(message.pk), "parent": _name(message.parent_id), **written(message, MESSAGE)}
    return {**raw, "status": Status.INTERRUPTED.value} if message.status in UNSETTLED else raw


def _name(row_id: Any) -> str | None:
    return str(row_id) if row_id else None
