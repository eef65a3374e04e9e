"""A conversation as a document: what an export writes, an import reads, and foreign formats are turned into.

{"format": "parley", "version": 1, "conversation": {"id", "title", …, "messages": [{"id", "parent", …}]}}; times are
ISO 8601 in UTC, messages in order, each after its parent. Import reads it in formats/parley.py.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from parley.models import Conversation, Folder, Message, Preset, Status
from parley.models.states import UNSETTLED

from .rows import whole_tree

FORMAT, VERSION = "parley", 1
STAMP = {"format": FORMAT, "version": VERSION}
TUNING = ("model", "instructions", "parameters")


def document_of(conversation: Conversation) -> dict[str, Any]:
    """The whole document at once."""
    return json.loads("".join(json_of(conversation)))


def json_of(conversation: Conversation) -> Iterator[str]:
    """The document as JSON, in pieces: one message a line."""
    opened, closed = dumped({**STAMP, "conversation": {**_head(conversation), "messages": []}})[:-3], "\n]}}\n"
    yield opened
    for number, message in enumerate(whole_tree(conversation, "html")):
        yield (",\n" if number else "\n") + dumped(_message(message))
    yield closed


def tuned(row: Folder | Preset) -> dict[str, Any]:
    """A folder or a preset."""
    return {"name": row.name, **{name: getattr(row, name) for name in TUNING}}


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(piece: str) -> bytes:
    """A piece of a file. Half a surrogate, which an older version let in beside the text, is a question mark."""
    return piece.encode(errors="replace")


def _head(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "titled_by": conversation.titled_by,
        "title_usage": conversation.title_usage,
        **{name: getattr(conversation, name) for name in TUNING},
        "folder": conversation.folder.name if conversation.folder else None,
        "pinned": conversation.pinned,
        "archived": conversation.archived,
        "origin": conversation.origin,
        "created_at": _time(conversation.created_at),
        "updated_at": _time(conversation.updated_at),
        "shown": str(conversation.shown_id) if conversation.shown_id else None,
    }


def _message(message: Message) -> dict[str, Any]:
    """A reply that is not finished yet is written as one that never will be."""
    return {
        "id": str(message.pk),
        "parent": str(message.parent_id) if message.parent_id else None,
        "role": message.role,
        "status": Status.INTERRUPTED.value if message.status in UNSETTLED else message.status,
        "content": message.content,
        "reasoning": message.reasoning,
        "reasoning_seconds": message.reasoning_seconds,
        "model": message.model,
        "asked_model": message.asked_model,
        "error": message.error,
        "error_detail": message.error_detail,
        "finish_reason": message.finish_reason,
        "usage": message.usage,
        "parts": message.parts,
        "left_out": message.left_out,
        "sent_tokens": message.sent_tokens,
        "created_at": _time(message.created_at),
        "settled_at": _time(message.settled_at),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
