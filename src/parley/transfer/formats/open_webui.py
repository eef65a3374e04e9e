"""Read Open WebUI's export: an array of chats, each a tree of messages by id. Pure.

Source: backend/open_webui/models/chats.py, and the messages that src/lib/components/chat/Chat.svelte writes.
"""

import re
from collections.abc import Container, Iterator
from html import unescape
from typing import Any

from parley.text import clean_count, clean_line
from parley.transfer.reporting import Warnings
from parley.values import identifier, joined, mapping, moment, number, sequence, text, unwrapped, whole

from .branches import build_tree, leaf_below, named
from .drafting import EMPTY, Content, Draft, Readers, origin

NAME = "open-webui"
MAX_BLOCKS = 2_000
PARAMETERS = ("temperature", "top_p", "max_tokens", "reasoning_effort")

_BLOCK = re.compile(r'<details type="(reasoning|tool_calls|code_interpreter)"([^<>]*+)>')
_ATTRIBUTE = re.compile(r'(?<![a-z_])([a-z_]++)="([^"]*)"')
_SUMMARY = re.compile(r"<summary>[^<]*+</summary>")
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
_KNOWN = {
    "id", "parentId", "childrenIds", "role", "content", "timestamp", "model", "models", "modelName", "modelIdx", "done",
    "files", "sources", "citations", "statusHistory", "status", "output", "merged", "error", "usage", "info", "user",
    "code_executions", "lastSentence", "completedAt", "userContext", "originalContent", "selectedModelId", "embeds",
}  # fmt: skip


def recognises(value: Any) -> bool:
    """Tell whether a value is a conversation of this format."""
    if not isinstance(value, dict):
        return False
    chat = _chat(value)
    has_tree = isinstance(mapping(chat.get("history")).get("messages"), dict | list)
    return has_tree or (isinstance(chat.get("messages"), list) and chat is not value)


def documents(value: dict[str, Any], held: Container[str] = ()) -> tuple[dict[str, Any], Warnings]:
    """Convert a conversation to (document, warnings)."""
    chat = _chat(value)
    settings = mapping(chat.get("params"))
    title = clean_line(value.get("title"), 200) or clean_line(chat.get("title"), 200)
    draft = Draft(title, text(chat.get("system")) or text(settings.get("system")), held)
    placed = build_tree(_entries(chat), draft.warnings, lambda entry: _message(entry, draft), "parentId", "childrenIds")
    current = identifier(mapping(chat.get("history")).get("currentId"))
    _warn(value, chat, draft)
    draft.pass_over(settings, {*PARAMETERS, "system"}, "option", EMPTY)
    document = draft.normalised(
        origin(NAME, identifier(value.get("id")) or identifier(chat.get("id")), chat),
        placed,
        title=title,
        parameters={key: settings.get(key) for key in PARAMETERS},
        pinned=value.get("pinned"),
        archived=value.get("archived"),
        created_at=moment(value.get("created_at")) or moment(chat.get("timestamp")),
        updated_at=moment(value.get("updated_at")),
        shown=leaf_below(placed, current) if current else "",
    )
    return document, draft.warnings


def _chat(value: dict[str, Any]) -> dict[str, Any]:
    """Find the chat in its database row; the oldest exports have only the chat."""
    return value["chat"] if isinstance(value.get("chat"), dict) else value


def _warn(value: dict[str, Any], chat: dict[str, Any], draft: Draft) -> None:
    draft.warnings.add("model", int(bool(chat.get("models"))))
    draft.warnings.add("folder", int(bool(value.get("folder_id"))))
    draft.warnings.add("tag", len(sequence(mapping(value.get("meta")).get("tags")) or sequence(chat.get("tags"))))
    draft.warnings.add("file", len(sequence(chat.get("files"))))


def _entries(chat: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (id, message); the oldest exports have only a list, in which each answers the one before."""
    raw = mapping(chat.get("history")).get("messages")
    if isinstance(raw, dict):
        yield from ((identifier(name) or "?", entry) for name, entry in raw.items())
        return
    before = ""
    for name, entry in named(sequence(raw) or sequence(chat.get("messages")), "id"):
        yield name, {"parentId": before, **entry} if isinstance(entry, dict) else entry
        before = name


def _message(entry: dict[str, Any], draft: Draft) -> Content | None:
    """Read a message → None for one that is left out or becomes the instructions."""
    content = draft.read(entry.get("role"), entry, _KNOWN, _fill)
    if content:
        content.failed, content.stopped = bool(entry.get("error")), entry.get("done") is False
        content.model = text(entry.get("model"))
        content.usage = {key: count for key, count in mapping(entry.get("usage")).items() if whole(count) == count}
        content.dated(entry.get("timestamp"), entry.get("completedAt"))
    return content


def _fill(content: Content, entry: dict[str, Any]) -> None:
    """Read a text, or a list of parts as in requests to providers, and all that is attached."""
    raw = entry.get("content")
    for part in raw if isinstance(raw, list) else [raw]:
        content.read(part, PARTS, mapping(part).get("type"))
    if content.role == "assistant":
        _sort(content, [mapping(step) for step in sequence(entry.get("output"))])
    _beside(content, entry)


def _sort(content: Content, steps: list[dict[str, Any]]) -> None:
    """Tell text, reasoning and tool calls apart.

    Newer answers list them as ``steps``; older ones have them inside the text, as ``<details>``.
    """
    written, content.texts = content.texts, []
    blocks = Content(Warnings()) if steps else content
    for words in written:
        _cut_blocks(blocks, words)
    content.texts, content.seconds = blocks.texts, blocks.seconds
    is_known = bool(content.texts)
    for step in steps:
        kind = text(step.get("type"))
        if not (kind == "message" and is_known):
            content.read(step, STEPS, "code_interpreter" if kind.endswith("code_interpreter") else kind)


def _cut_blocks(content: Content, words: str) -> None:
    rest, at = [], 0
    for _ in range(MAX_BLOCKS):
        opening = _BLOCK.search(words, at)
        end = words.find("</details>", opening.end()) if opening else -1
        if not opening or end < 0:
            break
        found = len(content.reasoning) + len(content.parts)
        _block(content, opening[1], opening[2], words[opening.end() : end])
        end += len("</details>")
        understood = found < len(content.reasoning) + len(content.parts)
        rest.append(words[at : opening.start() if understood else end])
        at = end
    content.add_text("".join([*rest, words[at:]]).strip() if rest else words)


def _block(content: Content, kind: str, written: str, inner: str) -> None:
    attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(written)}
    body = unescape(_SUMMARY.sub("", inner, count=1)).strip()
    if kind == "reasoning":
        content.add_reasoning(_QUOTED.sub("", body), clean_count(attributes.get("duration")))
    elif kind == "tool_calls":
        content.called(attributes.get("name"), attributes.get("arguments"), _result(attributes.get("result") or body))
    else:
        content.ran(body, attributes.get("output"))


def _result(words: str) -> Any:
    """Read a result, which may be a JSON string.

    >>> _result('"a"'), _result("a")
    ('a', 'a')
    """
    found = unwrapped(words, '"')
    return found if isinstance(found, str) else words


def _reasoning(content: Content, step: dict[str, Any]) -> None:
    words = _texts(step.get("content")) or _texts(step.get("summary"))
    content.add_reasoning(words, whole(round(number(step.get("duration")) or 0)) or None)


def _texts(raw: Any) -> str:
    parts = raw if isinstance(raw, list) else [raw]
    return joined(text(part) or mapping(part).get("text") for part in parts).strip()


def _beside(content: Content, entry: dict[str, Any]) -> None:
    for file in map(mapping, sequence(entry.get("files"))):
        _file(content, file)
    for source in map(mapping, sequence(entry.get("sources")) or sequence(entry.get("citations"))):
        _source(content, source)
    for run in map(mapping, sequence(entry.get("code_executions"))):
        content.ran(run.get("code"), run.get("result"), run.get("name"))
    for step in map(mapping, sequence(entry.get("statusHistory"))):
        content.part("context", step.get("action"), step.get("description"), data=step.get("urls"))
    for page in sequence(entry.get("embeds")):
        content.part("data", "embed", page)
    content.part("merged", words=mapping(entry.get("merged")).get("content"))
    content.part("error", words=mapping(entry.get("error")).get("content") or text(entry.get("error")))


def _file(content: Content, file: dict[str, Any]) -> None:
    inner = mapping(file.get("file"))
    name = file.get("name") or inner.get("filename") or mapping(inner.get("meta")).get("name")
    if file.get("type") == "image" or text(file.get("content_type")).startswith("image/"):
        content.picture(file.get("url"), name)
    elif not content.attach(text(file.get("url")), name):
        content.part("file", name or file.get("id") or file.get("type"), url=file.get("url"))


def _source(content: Content, raw: dict[str, Any]) -> None:
    source = mapping(raw.get("source"))
    about = (mapping(entry).get("source") for entry in sequence(raw.get("metadata")))
    address = source.get("url") or next(filter(None, about), "")
    content.part("citation", source.get("name") or source.get("id"), _texts(raw.get("document")), url=address)


PARTS: Readers = {
    "text": lambda content, part: content.add_text(part.get("text")),
    "image_url": lambda content, part: content.picture(part.get("image_url")),
}
STEPS: Readers = {
    "message": lambda content, step: content.add_text(_texts(step.get("content"))),
    "reasoning": _reasoning,
    "function_call": lambda content, step: content.part("tool_call", step.get("name"), step.get("arguments")),
    "function_call_output": lambda content, step: content.part(
        "tool_result", step.get("name") or step.get("call_id"), _texts(step.get("output"))
    ),
    "code_interpreter": lambda content, step: content.ran(step.get("code"), step.get("output")),
}
