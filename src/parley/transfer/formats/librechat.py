"""LibreChat's export: a conversation with its messages, in a list or as a tree. Pure.

Source: client/src/hooks/Conversations/useExportConversation.ts, useBuildMessageTree.ts and the messages' schema in
packages/data-provider/src.
"""

from collections.abc import Iterator
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, moment, sequence, text

from .drafting import Content, Instructions, field_remarks, origin
from .sealing import seal
from .tree import Node, plant

NAME = "librechat"
NO_PARENT = "00000000-0000-0000-0000-000000000000"
INSTRUCTIONS = ("promptPrefix", "system", "instructions", "additional_instructions")
PARAMETERS = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "max_tokens": ("max_tokens", "maxOutputTokens", "maxTokens"),
    "reasoning_effort": ("reasoning_effort", "effort"),
}

_NO_OPTIONS = {
    "presetId", "model", "chatGptLabel", "modelLabel", "endpoint", "endpointType", "title", "resendFiles", "imageDetail",
    "iconURL", "greeting", "spec", "tags", "defaultPreset", "order", "resendImages", "stream", "disableStreaming",
    *INSTRUCTIONS, *(name for names in PARAMETERS.values() for name in names),
}  # fmt: skip
_KNOWN = {
    "_id", "__v", "_meiliIndex", "messageId", "conversationId", "createdAt", "updatedAt", "endpoint", "error", "model",
    "isCreatedByUser", "isEdited", "parentMessageId", "sender", "text", "tokenCount", "promptTokens", "unfinished", "user",
    "children", "content", "finish_reason", "files", "attachments", "iconURL", "thread_id", "clientTimestamp", "depth",
    "siblingIndex", "quotes", "feedback", "current", "searchResult", "responseMessageId", "overrideParentMessageId",
    "clientId", "title", "metadata", "contextMeta", "expiredAt", "isTemporary", "generation", "summaryTokenCount",
}  # fmt: skip


def recognises(value: Any) -> bool:
    if not isinstance(value, dict) or "conversationId" not in value:
        return False
    return any(isinstance(value.get(key), list | dict) for key in ("messages", "messagesTree"))


def documents(value: dict[str, Any]) -> tuple[dict[str, Any] | None, Remarks]:
    remarks, options = Remarks(text(value.get("title"))), mapping(value.get("options"))
    told = value.get("messagesTree") or value.get("messages")
    instructions = Instructions(
        remarks, "\n\n".join(text(options.get(key)) for key in INSTRUCTIONS if options.get(key))
    )
    nodes = [
        _node(entry, parent, number, remarks, instructions) for number, (entry, parent) in enumerate(_entries(told))
    ]
    placed = plant(nodes, remarks)
    remarks.add("model", int(bool(options.get("model"))))
    remarks.add("tag", len(sequence(value.get("tags")) or sequence(options.get("tags"))))
    for name in options.keys() - _NO_OPTIONS:
        remarks.add("option", int(options[name] not in (None, False, "", [], {}, 0)), place=name)
    conversation = {
        "title": clean_line(value.get("title"), 200),
        "instructions": instructions.text,
        "parameters": _parameters(options),
        "origin": origin(NAME, identifier(value.get("conversationId")), told),
        "created_at": moment(value.get("createdAt")),
        "updated_at": moment(value.get("updatedAt")),
        "shown": "",
        "messages": [{**one.load, "id": one.id, "parent": one.parent} for one in placed],
    }
    return seal({"conversation": conversation}, remarks), remarks


def _parameters(options: dict[str, Any]) -> dict[str, Any]:
    return {
        ours: next((options[name] for name in theirs if options.get(name) not in (None, "")), None)
        for ours, theirs in PARAMETERS.items()
    }


def _entries(told: Any) -> Iterator[tuple[Any, str | None]]:
    """Every message, and what it stands below in a tree; a tree without branches may be one object, not a list."""
    waiting: list[tuple[Any, str | None]] = []
    waiting += [(entry, None) for entry in (told if isinstance(told, list) else _tops(told))][::-1]
    while waiting:
        entry, parent = waiting.pop()
        yield entry, parent
        if isinstance(entry, dict):
            below = identifier(entry.get("messageId"))
            waiting += [(child, below) for child in sequence(entry.get("children"))][::-1]


def _tops(told: Any) -> list[Any]:
    entry = mapping(told)
    return [entry] if "messageId" in entry else sequence(entry.get("children"))


def _node(
    entry: Any, above: str | None, number: int, remarks: Remarks, instructions: Instructions
) -> Node[dict[str, Any]]:
    """Where it stands in the tree counts for more than the parent it names."""
    if not isinstance(entry, dict):
        remarks.add("message_broken")
        return Node(f"#{number}", "", None)
    named = identifier(entry.get("parentMessageId"))
    parent = above or ("" if named == NO_PARENT else named)
    name = identifier(entry.get("messageId")) or f"#{number}"
    return Node(name, parent, _message(entry, remarks, instructions))


def _message(entry: dict[str, Any], remarks: Remarks, instructions: Instructions) -> dict[str, Any] | None:
    """None for what is not a message of its own."""
    role = _role(entry)
    content = Content(remarks if role != "system" else Remarks())
    _read(entry, content)
    if role == "system":
        instructions.add(content.text)
        return None
    field_remarks(entry, _KNOWN, remarks)
    failed = entry.get("error") is True
    if failed and content.texts:
        content.part("error", "", words=content.text)
        content.texts = []
    if not content:
        remarks.add("message_empty")
        return None
    return _drafted(entry, role, content, failed=failed)


def _role(entry: dict[str, Any]) -> str:
    if isinstance(entry.get("isCreatedByUser"), bool):
        return "user" if entry["isCreatedByUser"] else "assistant"
    sender = text(entry.get("sender")).lower() or text(entry.get("role"))
    return sender if sender in ("user", "system") else "assistant"


def _drafted(entry: dict[str, Any], role: str, content: Content, *, failed: bool) -> dict[str, Any]:
    written, stopped = moment(entry.get("createdAt")), entry.get("unfinished") is True
    answered = role == "assistant"
    content.remarks.add("time_unknown", int(entry.get("createdAt") is not None and written is None))
    content.remarks.add("message_unfinished", int(answered and stopped and not failed))
    return {
        "role": role,
        "status": "done" if not answered else "failed" if failed else "stopped" if stopped else "done",
        "error": "provider_error" if answered and failed else "",
        "content": content.text,
        "reasoning": content.reasoning,
        "model": text(entry.get("model")) or text(entry.get("sender")) if answered else "",
        "finish_reason": text(entry.get("finish_reason")),
        "parts": content.parts,
        "created_at": written,
        "settled_at": moment(entry.get("updatedAt")) or written,
    }


def _read(entry: dict[str, Any], content: Content) -> None:
    """``content`` has it in parts, ``text`` as a whole; either may be missing."""
    for part in sequence(entry.get("content")):
        _part(part, content)
    if not content.texts:
        content.say(entry.get("text"))
    for quote in sequence(entry.get("quotes")):
        content.part("quote", "source", words=quote)
    for file in map(mapping, sequence(entry.get("files"))):
        _file(file, content)
    for attached in map(mapping, sequence(entry.get("attachments"))):
        _attached(attached, content)


def _part(part: Any, content: Content) -> None:
    kind = mapping(part).get("type")
    if isinstance(part, str):
        content.say(part)
    elif kind == "text":
        content.say(_value(part.get("text")))
    elif kind == "think":
        content.think(_value(part.get("think")))
    elif kind == "tool_call":
        _call(mapping(part.get("tool_call")), content)
    elif kind == "image_file":
        _file({"type": "image/", **mapping(part.get("image_file"))}, content)
    elif kind == "image_url":
        address = mapping(part.get("image_url")).get("url") or part.get("image_url")
        content.part("image", "picture", name=text(address)[:100].partition(";")[0] or "image", url=address)
    elif kind == "error":
        content.part("error", "", words=part.get("error") or _value(part.get("text")))
    elif part is not None:
        content.unknown(part)


def _value(told: Any) -> Any:
    return mapping(told).get("value") if isinstance(told, dict) else told


def _call(call: dict[str, Any], content: Content) -> None:
    """A call of an agent's tool, or one as OpenAI's assistants tell it."""
    function, code = mapping(call.get("function")), mapping(call.get("code_interpreter"))
    name = call.get("name") or function.get("name") or call.get("type")
    asked = call.get("args") or function.get("arguments") or code.get("input")
    content.part("tool_call", "tool", name=name or "tool", words=asked)
    content.part("tool_result", "tool", name=name, words=_result(call, function, code))


def _result(call: dict[str, Any], function: dict[str, Any], code: dict[str, Any]) -> Any:
    return call.get("output") or function.get("output") or code.get("outputs") or call.get("retrieval") or ""


def _file(file: dict[str, Any], content: Content) -> None:
    name = file.get("filename") or file.get("file_id") or file.get("filepath")
    kind = text(file.get("type"))
    is_picture = kind.startswith("image/")
    content.part("image" if is_picture else "file", "picture" if is_picture else "file", name=name or kind)


def _attached(told: dict[str, Any], content: Content) -> None:
    """A file that a tool made, or what a search found."""
    found = mapping(told.get("web_search"))
    for source in map(mapping, [*sequence(found.get("organic")), *sequence(found.get("topStories"))]):
        content.part(
            "citation", "source", name=source.get("title"), url=source.get("link"), words=source.get("snippet")
        )
    if not found:
        _file(told, content)
