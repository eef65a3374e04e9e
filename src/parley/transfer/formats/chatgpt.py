"""Read ChatGPT's export: conversations.json, or its numbered parts; a tree of nodes by id. Pure.

Source: exports of 2023 to 2026; OpenAI does not document the format.
"""

import re
from collections import Counter
from collections.abc import Container
from typing import Any

from parley.transfer.reporting import Warnings
from parley.values import identifier, joined, mapping, moment, number, text, unwrapped

from .branches import Placed, build_tree, leaf_below
from .chatgpt_content import CONTEXTS, attach, cite, read
from .drafting import UNSET, Content, Draft, origin

NAME = "chatgpt"
ABOUT = ("user_profile", "user_instructions", "model_set_context", "repository", "repo_summary")
_SECONDS = re.compile(r"(?:(\d+)\s*m\w*)?\s*(?:(\d+)\s*s)?")
_KNOWN = {
    "author", "channel", "content", "create_time", "end_turn", "id", "metadata", "recipient", "status", "update_time",
    "weight",
}  # fmt: skip


def recognises(value: Any) -> bool:
    """Tell whether a value is a conversation of this format."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def documents(value: dict[str, Any], held: Container[str] = ()) -> tuple[dict[str, Any], Warnings]:
    """Convert a conversation to (document, warnings)."""
    draft = Draft(value.get("title"), held=held)
    nodes = ((identifier(name) or "?", node) for name, node in value["mapping"].items())
    placed = build_tree(nodes, draft.warnings, lambda node: _fragment(node.get("message"), draft), "parent", "children")
    messages, merged = _merged(placed, draft.warnings)
    draft.warnings.add("model", int(bool(value.get("default_model_slug"))))
    draft.warnings.add("folder", int(bool(value.get("gizmo_id") or value.get("conversation_template_id"))))
    document = draft.normalised(
        origin(NAME, identifier(value.get("conversation_id")) or identifier(value.get("id")), value["mapping"]),
        messages,
        title=value.get("title"),
        pinned=value.get("is_starred") is True or number(value.get("pinned_time")) is not None,
        archived=value.get("is_archived") is True,
        created_at=moment(value.get("create_time")),
        updated_at=moment(value.get("update_time")),
        shown=_shown(value, placed, merged),
    )
    return document, draft.warnings


def _fragment(message: Any, draft: Draft) -> Content | None:
    """Read a question, or a fragment of an answer → None when the node becomes no message."""
    if message is None:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("content"), dict | str):
        draft.warnings.add("message_broken")
        return None
    draft.pass_over(message, _KNOWN, "field_unknown", UNSET)
    role = mapping(message.get("author")).get("role")
    if role in ("system", "developer") or mapping(message["content"]).get("content_type") in CONTEXTS:
        draft.instruct(_instructions(message))
    elif role not in ("user", "assistant", "tool"):
        draft.warnings.add("message_role", place=identifier(role))
    elif role == "user" and _is_hidden(message):
        draft.warnings.add("message_hidden")
    else:
        return _spoken(role, message, draft)
    return None


def _is_hidden(message: dict[str, Any]) -> bool:
    return mapping(message.get("metadata")).get("is_visually_hidden_from_conversation") is True


def _instructions(message: dict[str, Any]) -> str:
    content, about = mapping(message["content"]), mapping(message.get("metadata")).get("user_context_message_data")
    return joined(map(content.get, ABOUT)) or joined(mapping(about).values()) or read(message, Content(Warnings())).text


def _spoken(role: str, message: dict[str, Any], draft: Draft) -> Content | None:
    metadata = mapping(message.get("metadata"))
    content = read(message, Content(draft.warnings, "user" if role == "user" else "assistant", held=draft.held))
    attach(content, metadata)
    is_step = role == "tool" or _is_hidden(message) or message.get("recipient") not in (None, "", "all")
    if role == "assistant" and not is_step:
        cite(content, metadata)
    content.dated(message.get("create_time"), message.get("update_time"))
    content.seconds = _seconds(mapping(message["content"]), metadata)
    if not content and content.seconds is None:
        draft.warnings.add("message_empty")
        return None
    if is_step:
        _as_step(role, content, message)
    ending = mapping(metadata.get("finish_details")).get("type")
    content.model = text(metadata.get("model_slug"))
    content.finish_reason = "length" if ending == "max_tokens" else "stop" if ending == "stop" else ""
    content.stopped = message.get("status") == "in_progress" or ending == "interrupted"
    content.failed = role == "assistant" and message.get("status") in ("error", "finished_with_error", "failed")
    return content


def _seconds(content: dict[str, Any], metadata: dict[str, Any]) -> int | None:
    """Find the seconds of reasoning, in a recap as words.

    >>> _seconds({"content_type": "reasoning_recap", "content": "Thought for 8m 40s"}, {})
    520
    """
    raw = number(metadata.get("finished_duration_sec"))
    if raw is not None and 0 <= raw < 2**31:
        return round(raw)
    if content.get("content_type") != "reasoning_recap":
        return None
    for found in _SECONDS.finditer(text(content.get("content"))[:200]):
        if found[0].strip():
            return min(int((found[1] or "0")[:6]) * 60 + int((found[2] or "0")[:6]), 2**31 - 1)
    return None


def _as_step(role: str, content: Content, message: dict[str, Any]) -> None:
    """Keep a tool's call, its result or a hidden text as a part of the answer, not as its text."""
    raw = mapping(message["content"])
    words = text(raw.get("text")) if raw.get("content_type") == "code" else content.text
    content.texts = []
    called = role == "assistant" and message.get("recipient") != "all"
    name = message.get("recipient") if called else mapping(message.get("author")).get("name")
    if words and str(name).startswith("canmore"):
        canvas = mapping(unwrapped(words))
        content.part("canvas", canvas.get("name") or name, canvas.get("content") or words)
    else:
        content.part("tool_call" if role == "assistant" else "tool_result", name, words)


def _merged(placed: list[Placed[Content]], warnings: Warnings) -> tuple[list[Placed[Content]], dict[str, str]]:
    """Merge nodes of an answer that follow each other without a fork → (messages, {node: message it is in}).

    ChatGPT keeps reasoning, calls, results and text in nodes of their own.
    """
    children = Counter(one.parent for one in placed)
    made: dict[str, Placed[Content]] = {}
    merged: dict[str, str] = {}
    for one in placed:
        parent = merged.get(one.parent, "")
        above = made[parent].load if parent else None
        if above is not None and above.role == one.load.role == "assistant" and children[one.parent] == 1:
            _fold(above, one.load)
            merged[one.id] = parent
            warnings.add("message_step")
        else:
            made[one.id] = Placed(one.id, parent, one.load)
            merged[one.id] = one.id
    return list(made.values()), merged


def _fold(answer: Content, fragment: Content) -> None:
    answer.texts += fragment.texts
    answer.reasoning += fragment.reasoning
    answer.parts += fragment.parts
    answer.model = fragment.model or answer.model
    answer.finish_reason = fragment.finish_reason or answer.finish_reason
    answer.seconds = answer.seconds if fragment.seconds is None else fragment.seconds
    answer.settled_at = fragment.settled_at or answer.settled_at
    answer.stopped, answer.failed = fragment.stopped, fragment.failed


def _shown(value: dict[str, Any], placed: list[Placed[Content]], merged: dict[str, str]) -> str:
    """Find the last message of the branch that was shown; a node without a message stands for the one above it."""
    current, nodes = identifier(value.get("current_node")), value["mapping"]
    seen: set[str] = set()
    while current and current not in merged and current not in seen:
        seen.add(current)
        current = identifier(mapping(nodes.get(current)).get("parent"))
    return merged[leaf_below(placed, current)] if current in merged else ""
