"""Read LibreChat's export: a conversation with its messages, in a list or as a tree. Pure.

Source: client/src/hooks/Conversations/useExportConversation.ts, useBuildMessageTree.ts and the messages' schema in
packages/data-provider/src.
"""

from collections.abc import Container, Iterator
from typing import Any

from parley.transfer.reporting import Warnings
from parley.values import identifier, joined, mapping, moment, sequence, text

from .branches import build_tree, named
from .drafting import UNSET, Content, Draft, Readers, origin

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
    "presetId", "model", "chatGptLabel", "modelLabel", "endpoint", "endpointType", "title", "resendFiles",
    "imageDetail", "iconURL", "greeting", "spec", "tags", "defaultPreset", "order", "resendImages", "stream",
    "disableStreaming",
    *INSTRUCTIONS, *(name for names in PARAMETERS.values() for name in names),
}  # fmt: skip
_KNOWN = {
    "_id", "__v", "_meiliIndex", "messageId", "conversationId", "createdAt", "updatedAt", "endpoint", "error", "model",
    "isCreatedByUser", "isEdited", "parentMessageId", "sender", "text", "tokenCount", "promptTokens", "unfinished",
    "user", "children", "content", "finish_reason", "files", "attachments", "iconURL", "thread_id", "clientTimestamp",
    "depth", "siblingIndex", "quotes", "feedback", "current", "searchResult", "responseMessageId", "clientId", "title",
    "overrideParentMessageId", "metadata", "contextMeta", "expiredAt", "isTemporary", "generation",
    "summaryTokenCount",
}  # fmt: skip


def recognises(value: Any) -> bool:
    """Tell whether a value is a conversation of this format."""
    if not isinstance(value, dict) or "conversationId" not in value:
        return False
    return any(isinstance(value.get(key), list | dict) for key in ("messages", "messagesTree"))


def documents(value: dict[str, Any], held: Container[str] = ()) -> tuple[dict[str, Any], Warnings]:
    """Convert a conversation to (document, warnings)."""
    options, raw = mapping(value.get("options")), value.get("messagesTree") or value.get("messages")
    draft = Draft(value.get("title"), joined(map(options.get, INSTRUCTIONS)), held)
    entries = named(_entries(raw), "messageId")
    placed = build_tree(entries, draft.warnings, lambda entry: _message(entry, draft), "parentMessageId")
    draft.warnings.add("model", int(bool(options.get("model"))))
    draft.warnings.add("tag", len(sequence(value.get("tags")) or sequence(options.get("tags"))))
    draft.pass_over(options, _NO_OPTIONS, "option", UNSET)
    document = draft.normalised(
        origin(NAME, identifier(value.get("conversationId")), raw),
        placed,
        title=value.get("title"),
        parameters={ours: _first(options, theirs) for ours, theirs in PARAMETERS.items()},
        created_at=moment(value.get("createdAt")),
        updated_at=moment(value.get("updatedAt")),
    )
    return document, draft.warnings


def _first(options: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((options[name] for name in names if options.get(name) not in (None, "")), None)


def _entries(raw: Any) -> Iterator[Any]:
    """Yield messages whose parent is the one they are nested in, if any, or else the one they name.

    A tree without branches may be one object instead of a list.
    """
    waiting = [(entry, "") for entry in (raw if isinstance(raw, list) else _tops(raw))][::-1]
    while waiting:
        entry, above = waiting.pop()
        if isinstance(entry, dict):
            below, parent = identifier(entry.get("messageId")), identifier(entry.get("parentMessageId"))
            waiting += [(child, below) for child in sequence(entry.get("children"))][::-1]
            entry = {**entry, "parentMessageId": above or ("" if parent == NO_PARENT else parent)}
        yield entry


def _tops(raw: Any) -> list[Any]:
    entry = mapping(raw)
    return [entry] if "messageId" in entry else sequence(entry.get("children"))


def _message(entry: dict[str, Any], draft: Draft) -> Content | None:
    """Read a message → None for one that is left out or becomes the instructions."""
    content = draft.read(_role(entry), entry, _KNOWN, _fill)
    if content is None:
        return None
    content.failed, content.stopped = entry.get("error") is True, entry.get("unfinished") is True
    if content.failed and content.texts:
        content.part("error", words=content.text)
        content.texts = []
    content.model = text(entry.get("model")) or text(entry.get("sender"))
    content.finish_reason = text(entry.get("finish_reason"))
    content.dated(entry.get("createdAt"), entry.get("updatedAt"))
    return content


def _role(entry: dict[str, Any]) -> str:
    if isinstance(entry.get("isCreatedByUser"), bool):
        return "user" if entry["isCreatedByUser"] else "assistant"
    sender = text(entry.get("sender")).lower() or text(entry.get("role"))
    return sender if sender in ("user", "system") else "assistant"


def _fill(content: Content, entry: dict[str, Any]) -> None:
    """Read the text from ``content``, in parts, or else from ``text``, and all that is attached."""
    for part in sequence(entry.get("content")):
        content.read(part, READERS, mapping(part).get("type"))
    if not content.texts:
        content.add_text(entry.get("text"))
    for quote in sequence(entry.get("quotes")):
        content.part("quote", words=quote)
    for file in map(mapping, sequence(entry.get("files"))):
        _file(content, file)
    for attached in map(mapping, sequence(entry.get("attachments"))):
        _attached(content, attached)


def _value(raw: Any) -> Any:
    return raw.get("value") if isinstance(raw, dict) else raw


def _call(content: Content, part: dict[str, Any]) -> None:
    """Keep the call of an agent's tool, or one in the format of OpenAI's assistants."""
    call = mapping(part.get("tool_call"))
    function, code = mapping(call.get("function")), mapping(call.get("code_interpreter"))
    content.called(
        call.get("name") or function.get("name") or call.get("type") or "tool",
        call.get("args") or function.get("arguments") or code.get("input"),
        call.get("output") or function.get("output") or code.get("outputs") or call.get("retrieval"),
    )


def _file(content: Content, file: dict[str, Any]) -> None:
    kind = text(file.get("type"))
    name = file.get("filename") or file.get("file_id") or file.get("filepath") or kind
    if not content.attach(text(file.get("filepath")).lstrip("/"), name, kind):
        content.part("image" if kind.startswith("image/") else "file", name)


def _attached(content: Content, raw: dict[str, Any]) -> None:
    found = mapping(raw.get("web_search"))
    for source in map(mapping, [*sequence(found.get("organic")), *sequence(found.get("topStories"))]):
        content.part("citation", source.get("title"), source.get("snippet"), url=source.get("link"))
    if not found:
        _file(content, raw)


READERS: Readers = {
    "text": lambda content, part: content.add_text(_value(part.get("text"))),
    "think": lambda content, part: content.add_reasoning(_value(part.get("think"))),
    "tool_call": _call,
    "image_file": lambda content, part: _file(content, {"type": "image/", **mapping(part.get("image_file"))}),
    "image_url": lambda content, part: content.picture(part.get("image_url")),
    "error": lambda content, part: content.part("error", words=part.get("error") or _value(part.get("text"))),
}
