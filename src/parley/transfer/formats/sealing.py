"""A document from anywhere → a document that can be written as rows: every value is what it should be. Pure."""

from datetime import UTC, datetime
from typing import Any

from parley.text import clean_line, clean_title_usage, clean_usage
from parley.transfer.tally import Remarks

from .tree import Node, Placed, plant
from .values import LATEST, identifier, mapping, number, plain, sequence, short, text, web, whole, written_moment

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

LONGEST_TEXT = 4_000_000
"""Characters of one message; what is longer is cut."""
LONGEST_INSTRUCTIONS = 1_000_000
LONGEST_PART = 100_000
MOST_PARTS = 1_000
ROLES = ("user", "assistant")
STATUSES = ("done", "stopped", "failed", "interrupted")
TITLED_BY = ("question", "model", "person")
PARAMETERS = {"temperature": float, "top_p": float, "max_tokens": int}
FLAGS = ("pinned", "archived")


def seal(document: Any, remarks: Remarks) -> dict[str, Any]:
    """Everything that rows need, and nothing else."""
    told = mapping(mapping(document).get("conversation"))
    placed = plant(_nodes(told, remarks), remarks)
    messages = [_message(one, remarks) for one in placed]
    conversation = {**_facts(told, remarks), "messages": messages, "shown": _shown(told, placed)}
    _fill_times(conversation, messages)
    return {"format": "parley", "version": 1, "conversation": conversation}


def _nodes(told: dict[str, Any], remarks: Remarks) -> list[Node[dict[str, Any]]]:
    return [_node(entry, remarks, number) for number, entry in enumerate(sequence(told.get("messages")))]


def _node(entry: Any, remarks: Remarks, number: int) -> Node[dict[str, Any]]:
    if not isinstance(entry, dict):
        remarks.add("message_broken")
        return Node(f"#{number}", "", None)
    name = identifier(entry.get("id")) or f"#{number}"
    parent = identifier(entry.get("parent"))
    if entry.get("role") in ROLES:
        return Node(name, parent, entry)
    remarks.add("message_role")
    return Node(name, parent, None)


def _shown(told: dict[str, Any], placed: list[Placed[dict[str, Any]]]) -> str | None:
    shown = identifier(told.get("shown"))
    return shown if any(one.id == shown for one in placed) else None


def _facts(told: dict[str, Any], remarks: Remarks) -> dict[str, Any]:
    return {
        "id": identifier(told.get("id"))[:200],
        "title": clean_line(told.get("title"), 200),
        "titled_by": told["titled_by"] if told.get("titled_by") in TITLED_BY else "person",
        "title_usage": clean_title_usage(told.get("title_usage")),
        "model": clean_line(told.get("model"), 200),
        "instructions": _cut(text(told.get("instructions")), LONGEST_INSTRUCTIONS, remarks),
        "parameters": parameters(told.get("parameters")),
        "folder": clean_line(told.get("folder"), 100) or None,
        **{flag: told.get(flag) is True for flag in FLAGS},
        "origin": short(told.get("origin"), 200),
        "created_at": _time(told.get("created_at"), remarks),
        "updated_at": _time(told.get("updated_at"), remarks),
    }


def parameters(told: Any) -> dict[str, Any]:
    """Those that are known, if they are what they should be."""
    values: dict[str, Any] = {}
    for name, kind in PARAMETERS.items():
        found = number(mapping(told).get(name))
        if found is not None and 0 <= found < 2**31:
            values[name] = kind(found)
    effort = short(mapping(told).get("reasoning_effort"), 20)
    return {**values, "reasoning_effort": effort} if effort else values


def _message(one: Placed[dict[str, Any]], remarks: Remarks) -> dict[str, Any]:
    told = one.load
    return {
        "id": one.id,
        "parent": one.parent or None,
        "role": told["role"],
        "status": _status(told),
        "content": _cut(text(told.get("content")), LONGEST_TEXT, remarks),
        "reasoning": _cut(text(told.get("reasoning")), LONGEST_TEXT, remarks),
        "reasoning_seconds": whole(told.get("reasoning_seconds")),
        "model": clean_line(told.get("model"), 200),
        "asked_model": clean_line(told.get("asked_model"), 200),
        "error": short(told.get("error"), 40),
        "error_detail": clean_line(told.get("error_detail"), 300),
        "finish_reason": clean_line(told.get("finish_reason"), 40),
        "usage": clean_usage(told.get("usage")),
        "parts": _parts(told.get("parts"), remarks),
        "left_out": whole(told.get("left_out")) or 0,
        "sent_tokens": whole(told.get("sent_tokens")) or 0,
        "created_at": _time(told.get("created_at"), remarks),
        "settled_at": _time(told.get("settled_at"), remarks),
    }


def _status(told: dict[str, Any]) -> str:
    """Nothing may wait to be answered because of an import."""
    status = told.get("status")
    if told["role"] == "user" or not status:
        return "done"
    return status if status in STATUSES else "interrupted"


def _parts(told: Any, remarks: Remarks) -> list[dict[str, Any]]:
    entries = sequence(told)
    remarks.add("text_cut", max(0, len(entries) - MOST_PARTS))
    return [_part(mapping(entry), remarks) for entry in entries[:MOST_PARTS]]


def _part(told: dict[str, Any], remarks: Remarks) -> dict[str, Any]:
    """As it was told, but for its length and an address that is not of the web."""
    remarks.add("text_cut", int(len(text(told.get("text"))) > LONGEST_PART))
    part = {**plain(told, LONGEST_PART), "type": short(told.get("type"), 40) or "data"}
    return {**part, "url": web(part["url"])} if "url" in part else part


def _cut(content: str, longest: int, remarks: Remarks) -> str:
    remarks.add("text_cut", int(len(content) > longest))
    return content[:longest]


def _time(told: Any, remarks: Remarks) -> datetime | None:
    """As it was written, if it can be true: every time zone has a day for it."""
    found = written_moment(told) if isinstance(told, str) else None
    if found is not None and EARLIEST <= found <= LATEST:
        return found
    remarks.add("time_unknown", int(isinstance(told, str)))
    return None


def _fill_times(conversation: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    """A time that is missing is the parent's, or the conversation's."""
    times = [message["created_at"] for message in messages if message["created_at"]]
    begun = conversation["created_at"] = conversation["created_at"] or min(times, default=None)
    by_id: dict[str | None, datetime | None] = {None: begun}
    for message in messages:
        message["created_at"] = by_id[message["id"]] = message["created_at"] or by_id[message["parent"]]
    latest = max(times, default=begun)
    conversation["updated_at"] = conversation["updated_at"] or latest
