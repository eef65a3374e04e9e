"""Normalise documents from anywhere, so that every value can be written to a row. Pure."""

from datetime import datetime
from typing import Any

from parley.codec import ATTACHMENT, CONVERSATION, MAX_ATTACHMENTS, MESSAGE, read
from parley.text import clean_line
from parley.transfer.reporting import Warnings
from parley.values import identifier, mapping, sequence

from .branches import Placed


def normalise(raw: dict[str, Any], placed: list[Placed[dict[str, Any]]], warnings: Warnings) -> dict[str, Any]:
    """Return the document with exactly the values that rows need: {"conversation": {…, "messages": […]}}."""
    messages = [_message(one, warnings) for one in placed]
    shown = identifier(raw.get("shown"))
    conversation = {
        "id": identifier(raw.get("id"))[:200],
        **read(CONVERSATION, raw, warnings.add),
        "folder": clean_line(raw.get("folder"), 100) or None,
        "shown": shown if any(one.id == shown for one in placed) else None,
        "messages": messages,
    }
    _fill_times(conversation, messages)
    return {"conversation": conversation}


def _message(one: Placed[dict[str, Any]], warnings: Warnings) -> dict[str, Any]:
    message = {"id": one.id, "parent": one.parent or None, **read(MESSAGE, one.load, warnings.add), "attachments": []}
    if message["role"] != "user":
        return message
    files = sequence(one.load.get("attachments"))
    warnings.add("file_no_room", max(0, len(files) - MAX_ATTACHMENTS))
    files = [read(ATTACHMENT, mapping(entry), warnings.add) for entry in files[:MAX_ATTACHMENTS]]
    return {**message, "status": "done", "attachments": files}


def _fill_times(conversation: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    times = [message["created_at"] for message in messages if message["created_at"]]
    begun = conversation["created_at"] = conversation["created_at"] or min(times, default=None)
    by_id: dict[str | None, datetime | None] = {None: begun}
    for message in messages:
        message["created_at"] = by_id[message["id"]] = message["created_at"] or by_id[message["parent"]]
    latest = max(times, default=begun)
    conversation["updated_at"] = conversation["updated_at"] or latest
