"""ChatGPT's export: conversations.json, or its numbered parts; a tree of nodes by id. Pure.

Source: what exports of 2023 to 2026 hold; OpenAI describes the format nowhere.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, moment, number, sequence, text, unwrapped

from .chatgpt_content import CONTEXTS, attach, cite, read
from .drafting import Content, Instructions, field_remarks, origin
from .sealing import seal
from .tree import Node, Placed, leaf_below, plant

NAME = "chatgpt"
_SECONDS = re.compile(r"(?:(\d+)\s*m\w*)?\s*(?:(\d+)\s*s)?")
_KNOWN = {
    "author", "channel", "content", "create_time", "end_turn", "id", "metadata", "recipient", "status", "update_time", "weight",
}  # fmt: skip


@dataclass(slots=True)
class Piece:
    """What a node holds. ``step``: part of an answer, which is not shown as a message there."""

    role: str
    content: Content
    step: bool = False
    model: str = ""
    created_at: str | None = None
    updated_at: str | None = None
    stopped: bool = False
    failed: bool = False
    finish_reason: str = ""
    seconds: int | None = None


@dataclass(slots=True)
class Told:
    """What is gathered from all nodes of a conversation."""

    remarks: Remarks
    instructions: Instructions
    merged: dict[str, str] = field(default_factory=dict)


def recognises(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def documents(value: dict[str, Any]) -> tuple[dict[str, Any] | None, Remarks]:
    remarks = Remarks(text(value.get("title")))
    told = Told(remarks, Instructions(remarks))
    placed = plant(_nodes(value["mapping"], told), told.remarks)
    messages = _merged(placed, told)
    name = identifier(value.get("conversation_id")) or identifier(value.get("id"))
    model = value.get("default_model_slug")
    told.remarks.add("model", int(bool(model)))
    told.remarks.add("folder", int(bool(value.get("gizmo_id") or value.get("conversation_template_id"))))
    conversation = {
        "title": clean_line(value.get("title"), 200),
        "instructions": told.instructions.text,
        "pinned": value.get("is_starred") is True or number(value.get("pinned_time")) is not None,
        "archived": value.get("is_archived") is True,
        "origin": origin(NAME, name, value["mapping"]),
        "created_at": moment(value.get("create_time")),
        "updated_at": moment(value.get("update_time")),
        "shown": _shown(value, placed, told),
        "messages": messages,
    }
    return seal({"conversation": conversation}, told.remarks), told.remarks


def _nodes(nodes: dict[str, Any], told: Told) -> list[Node[Piece]]:
    return [_node(identifier(name) or "?", entry, told) for name, entry in nodes.items()]


def _node(name: str, entry: Any, told: Told) -> Node[Piece]:
    if not isinstance(entry, dict):
        told.remarks.add("message_broken")
        return Node(name, "", None)
    children = [identifier(child) for child in sequence(entry.get("children"))]
    return Node(name, identifier(entry.get("parent")), _piece(entry.get("message"), told), children)


def _piece(message: Any, told: Told) -> Piece | None:
    """None for a node that is not a message of its own."""
    if message is None:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("content"), dict | str):
        told.remarks.add("message_broken")
        return None
    field_remarks(message, _KNOWN, told.remarks)
    role = mapping(message.get("author")).get("role")
    if role in ("system", "developer") or mapping(message["content"]).get("content_type") in CONTEXTS:
        _instruct(message, told)
        return None
    if role not in ("user", "assistant", "tool"):
        told.remarks.add("message_role", place=identifier(role))
        return None
    return _spoken(role, message, told)


def _instruct(message: dict[str, Any], told: Told) -> None:
    about = _about(mapping(message.get("metadata")))
    told.instructions.add(_context(mapping(message["content"])) or about or read(message, Remarks()).text)


def _context(content: dict[str, Any]) -> str:
    keys = ("user_profile", "user_instructions", "model_set_context", "repository", "repo_summary")
    return "\n\n".join(text(content.get(key)) for key in keys if text(content.get(key)).strip())


def _about(metadata: dict[str, Any]) -> str:
    told = mapping(metadata.get("user_context_message_data"))
    return "\n\n".join(text(words) for words in told.values() if text(words).strip())


def _spoken(role: str, message: dict[str, Any], told: Told) -> Piece | None:
    metadata = mapping(message.get("metadata"))
    hidden = metadata.get("is_visually_hidden_from_conversation") is True
    if role == "user" and hidden:
        told.remarks.add("message_hidden")
        return None
    piece = Piece(role, read(message, told.remarks))
    attach(piece.content, metadata)
    piece.step = role == "tool" or hidden or message.get("recipient") not in (None, "", "all")
    if role == "assistant" and not piece.step:
        cite(piece.content, metadata)
    _describe(piece, message, metadata)
    if not piece.content and piece.seconds is None:
        told.remarks.add("message_empty")
        return None
    return _as_step(piece, message) if piece.step else piece


def _describe(piece: Piece, message: dict[str, Any], metadata: dict[str, Any]) -> None:
    ending = mapping(metadata.get("finish_details")).get("type")
    piece.model = text(metadata.get("model_slug"))
    piece.created_at = moment(message.get("create_time"))
    piece.updated_at = moment(message.get("update_time"))
    if message.get("create_time") is not None and piece.created_at is None:
        piece.content.remarks.add("time_unknown")
    piece.stopped = message.get("status") == "in_progress" or ending == "interrupted"
    piece.finish_reason = "length" if ending == "max_tokens" else "stop" if ending == "stop" else ""
    piece.failed = message.get("status") in ("error", "finished_with_error", "failed")
    piece.seconds = _seconds(mapping(message["content"]), metadata)


def _seconds(content: dict[str, Any], metadata: dict[str, Any]) -> int | None:
    """How long it thought, which a recap says in words: "Thought for 8m 40s"."""
    told = number(metadata.get("finished_duration_sec"))
    if told is not None and 0 <= told < 2**31:
        return round(told)
    if content.get("content_type") != "reasoning_recap":
        return None
    for found in _SECONDS.finditer(text(content.get("content"))[:200]):
        if found[0].strip():
            return min(int((found[1] or "0")[:6]) * 60 + int((found[2] or "0")[:6]), 2**31 - 1)
    return None


def _as_step(piece: Piece, message: dict[str, Any]) -> Piece:
    """A tool's call, its result or something hidden: its text is a part of the answer, not what the answer says."""
    content, author = piece.content, mapping(message.get("author"))
    told = mapping(message["content"])
    words = text(told.get("text")) if told.get("content_type") == "code" else content.text
    content.texts = []
    call = piece.role == "assistant"
    name = message.get("recipient") if call and message.get("recipient") != "all" else author.get("name")
    if words and str(name).startswith("canmore"):
        _canvas(content, words, name)
    else:
        content.part("tool_call" if call else "tool_result", "tool", name=name, words=words)
    return piece


def _canvas(content: Content, words: str, name: Any) -> None:
    told = mapping(unwrapped(words))
    content.part("canvas", "tool", name=told.get("name") or name, words=told.get("content") or words)


# From nodes to messages


def _merged(placed: list[Placed[Piece]], told: Told) -> list[dict[str, Any]]:
    """Thoughts, calls, results and the answer stand in nodes of their own there: as long as they follow each other
    without a fork, they are one answer."""
    forks = _children_of(placed)
    made: dict[str, dict[str, Any]] = {}
    for one in placed:
        parent = told.merged.get(one.parent, "")
        above = made.get(parent)
        if above and above["role"] == "assistant" and one.load.role != "user" and forks[one.parent] == 1:
            _fold(above, one.load)
            told.merged[one.id] = parent
            told.remarks.add("message_step")
        else:
            made[one.id] = _message(one.id, parent, one.load)
            told.merged[one.id] = one.id
    told.remarks.add("message_unfinished", sum(message["status"] == "stopped" for message in made.values()))
    return [_joined(message) for message in made.values()]


def _children_of(placed: list[Placed[Piece]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in placed:
        counts[one.parent] = counts.get(one.parent, 0) + 1
    return counts


def _message(name: str, parent: str, piece: Piece) -> dict[str, Any]:
    return {
        "id": name,
        "parent": parent,
        "role": "user" if piece.role == "user" else "assistant",
        "status": _status(piece),
        "error": "provider_error" if piece.failed and piece.role == "assistant" else "",
        "content": piece.content.texts,
        "reasoning": piece.content.thoughts,
        "reasoning_seconds": piece.seconds,
        "model": piece.model if piece.role != "user" else "",
        "finish_reason": piece.finish_reason,
        "parts": piece.content.parts,
        "created_at": piece.created_at,
        "settled_at": piece.updated_at or piece.created_at,
    }


def _fold(message: dict[str, Any], piece: Piece) -> None:
    folded = _message("", "", piece)
    for key in ("content", "reasoning", "parts"):
        message[key] += folded[key]
    for key in ("model", "finish_reason", "reasoning_seconds", "settled_at"):
        message[key] = message[key] if folded[key] in ("", None) else folded[key]
    message["status"], message["error"] = folded["status"], folded["error"]


def _joined(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, **{key: "\n\n".join(message[key]) for key in ("content", "reasoning")}}


def _status(piece: Piece) -> str:
    if piece.role == "user":
        return "done"
    return "failed" if piece.failed and piece.role == "assistant" else "stopped" if piece.stopped else "done"


def _shown(value: dict[str, Any], placed: list[Placed[Piece]], told: Told) -> str:
    """The end of the branch that was looked at; a hole's nearest node is above it."""
    current, nodes = identifier(value.get("current_node")), value["mapping"]
    seen: set[str] = set()
    while current and current not in told.merged and current not in seen:
        seen.add(current)
        current = identifier(mapping(nodes.get(current)).get("parent"))
    return told.merged.get(leaf_below(placed, current), "") if current in told.merged else ""
