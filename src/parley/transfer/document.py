"""A conversation as a document: what an export writes, an import reads, and foreign formats are turned into.

{"format": "parley", "version": 1, "conversation": {"id", "title", …, "messages": [{"id", "parent", …}]}}; times are
ISO 8601 in UTC, messages in order, each after its parent. ``codec`` has the fields; formats/parley.py reads it.
"""

import json
from collections.abc import Iterator
from typing import Any

from parley.codec import CONVERSATION, MESSAGE, STAMP, TUNED, written
from parley.models import Conversation, Folder, Message, Preset, Status
from parley.models.branching import FORK
from parley.models.states import UNSETTLED

from .rows import whole_tree


def json_of(conversation: Conversation) -> Iterator[str]:
    """The document as JSON, in pieces: one message a line."""
    opened, closed = dumped({**STAMP, "conversation": {**_head(conversation), "messages": []}})[:-3], "\n]}}\n"
    yield opened
    for number, message in enumerate(whole_tree(conversation, "html")):
        yield (",\n" if number else "\n") + dumped(_message(message))
    yield closed


def tuned(row: Folder | Preset) -> dict[str, Any]:
    """A folder or a preset."""
    return written(row, TUNED)


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(piece: str) -> bytes:
    """A piece of a file. Half a surrogate, which an older version let in beside the text, is a question mark."""
    return piece.encode(errors="replace")


def _head(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        **written(conversation, CONVERSATION),
        "folder": conversation.folder.name if conversation.folder else None,
        "origin": "" if conversation.origin.startswith(FORK) else conversation.origin,
        "shown": _name(conversation.shown_id),
    }


def _message(message: Message) -> dict[str, Any]:
    """A reply that is not finished yet is written as one that never will be."""
    told = {"id": str(message.pk), "parent": _name(message.parent_id), **written(message, MESSAGE)}
    return {**told, "status": Status.INTERRUPTED.value} if message.status in UNSETTLED else told


def _name(row_id: Any) -> str | None:
    return str(row_id) if row_id else None
