"""Read Open WebUI's export: an array of chats, each a tree of messages by id. Pure.

Source: backend/open_webui/models/chats.py, and the messages that src/lib/components/chat/Chat.svelte writes.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, joined, mapping, moment, number, sequence, text, unwrapped, whole

from .drafting import EMPTY, UNSET, Content, Draft, origin
from .tree import Node, leaf_below, plant

NAME = "open-webui"
MOST_BLOCKS = 2_000
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


def documents(value: dict[str, Any]) -> tuple[dict[str, Any], Remarks]:
    """Convert a conversation to (document, warnings)."""
    chat = _chat(value)
    settings = mapping(chat.get("params"))
    title = clean_line(value.get("title"), 200) or clean_line(chat.get("title"), 200)
    draft = Draft(title, text(chat.get("system")) or text(settings.get("system")))
    placed = plant([_node(name, entry, draft) for name, entry in _entries(chat)], draft.remarks)
    current = identifier(mapping(chat.get("history")).get("currentId"))
    _remark(value, chat, draft)
    draft.pass_over(settings, {*PARAMETERS, "system"}, "option", EMPTY)
    document = draft.sealed(
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
    return document, draft.remarks


def _chat(value: dict[str, Any]) -> dict[str, Any]:
    """Find the chat in its database row; the oldest exports have only the chat."""
    return value["chat"] if isinstance(value.get("chat"), dict) else value


def _remark(value: dict[str, Any], chat: dict[str, Any], draft: Draft) -> None:
    draft.remarks.add("model", int(bool(chat.get("models"))))
    draft.remarks.add("folder", int(bool(value.get("folder_id"))))
    draft.remarks.add("tag", len(sequence(mapping(value.get("meta")).get("tags")) or sequence(chat.get("tags"))))
    draft.remarks.add("file", len(sequence(chat.get("files"))))


def _entries(chat: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (id, message); the oldest exports have only a list, in which each answers the one before."""
    told = mapping(chat.get("history")).get("messages")
    if isinstance(told, dict):
        yield from ((identifier(name) or "?", entry) for name, entry in told.items())
        return
    before = ""
    for number_, entry in enumerate(sequence(told) or sequence(chat.get("messages"))):
        name = identifier(mapping(entry).get("id")) or f"#{number_}"
        if isinstance(entry, dict) and "parentId" not in entry:
            entry = {**entry, "parentId": before}
        before = name
        yield name, entry


def _node(name: str, entry: Any, draft: Draft) -> Node[dict[str, Any]]:
    if not isinstance(entry, dict):
        draft.remarks.add("message_broken")
        return Node(name, "", None)
    children = [identifier(child) for child in sequence(entry.get("childrenIds"))]
    return Node(name, identifier(entry.get("parentId")), _message(entry, draft), children)


def _message(entry: dict[str, Any], draft: Draft) -> dict[str, Any] | None:
    """Read a message → None for one that is left out or becomes the instructions."""
    role = entry.get("role")
    if role == "system":
        draft.instruct(_said(entry.get("content"), Content(Remarks())).text)
    elif role not in ("user", "assistant"):
        draft.remarks.add("message_role", place=identifier(role))
    else:
        draft.pass_over(entry, _KNOWN, "field_unknown", UNSET)
        content = Content(draft.remarks)
        seconds = _read(entry, content, role)
        _beside(entry, content)
        if content:
            return _drafted(entry, role, content, seconds)
        draft.remarks.add("message_empty")
    return None


def _drafted(entry: dict[str, Any], role: str, content: Content, seconds: int | None) -> dict[str, Any]:
    created = content.time(entry.get("timestamp"))
    return content.message(
        role,
        failed=entry.get("error"),
        stopped=entry.get("done") is False,
        model=text(entry.get("model")),
        reasoning_seconds=seconds,
        usage={key: count for key, count in mapping(entry.get("usage")).items() if whole(count) == count},
        created_at=created,
        settled_at=moment(entry.get("completedAt")) or created,
    )


def _read(entry: dict[str, Any], content: Content, role: str) -> int | None:
    """Read text, reasoning and tool calls → seconds of reasoning.

    Newer answers list them in ``output``; older ones have them inside the text, as ``<details>``.
    """
    steps = [mapping(step) for step in sequence(entry.get("output"))]
    said = _said(entry.get("content"), content)
    if role == "user":
        content.texts = said.texts
        return None
    blocks = Content(Remarks() if steps else content.remarks)
    seconds = [_cut_blocks(words, blocks) for words in said.texts]
    content.texts, content.parts = blocks.texts, [*content.parts, *([] if steps else blocks.parts)]
    content.thoughts = [] if steps else blocks.thoughts
    seconds += [_output(step, content, spoken=not blocks.texts) for step in steps]
    return next((found for found in seconds if found is not None), None)


def _said(told: Any, content: Content) -> Content:
    """Read a text, or a list of parts as in requests to providers; parts without text go to ``content``."""
    said = Content(content.remarks)
    for part in told if isinstance(told, list) else [told]:
        kind = mapping(part).get("type")
        if isinstance(part, str):
            said.say(part)
        elif kind == "text":
            said.say(part.get("text"))
        elif kind == "image_url":
            content.picture(part.get("image_url"))
        elif part not in EMPTY:
            content.unknown(part)
    return said


def _cut_blocks(words: str, content: Content) -> int | None:
    """Move blocks of reasoning and tools out of a text → seconds of reasoning."""
    rest, at, seconds = [], 0, None
    for _ in range(MOST_BLOCKS):
        opening = _BLOCK.search(words, at)
        end = words.find("</details>", opening.end()) if opening else -1
        if not opening or end < 0:
            break
        found = len(content.thoughts) + len(content.parts)
        thought = _block(opening[1], opening[2], words[opening.end() : end], content)
        end += len("</details>")
        understood = found < len(content.thoughts) + len(content.parts)
        rest.append(words[at : opening.start() if understood else end])
        seconds, at = thought if seconds is None else seconds, end
    content.say("".join([*rest, words[at:]]).strip() if rest else words)
    return seconds


def _block(kind: str, written: str, inner: str, content: Content) -> int | None:
    attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(written)}
    body = unescape(_SUMMARY.sub("", inner, count=1)).strip()
    if kind == "reasoning":
        content.think(_QUOTED.sub("", body))
        return _seconds(attributes.get("duration"))
    if kind == "tool_calls":
        content.called(attributes.get("name"), attributes.get("arguments"), _result(attributes.get("result") or body))
    else:
        content.ran(body, attributes.get("output"))
    return None


def _seconds(written: Any) -> int | None:
    return whole(int(written[:9])) if isinstance(written, str) and written.isascii() and written.isdigit() else None


def _result(words: str) -> Any:
    """Read a result, which may be a JSON string.

    >>> _result('"a"'), _result("a")
    ('a', 'a')
    """
    found = unwrapped(words, '"')
    return found if isinstance(found, str) else words


def _output(step: dict[str, Any], content: Content, *, spoken: bool) -> int | None:
    """Read one step of ``output`` → seconds of reasoning. ``spoken``: take its text, too."""
    kind = step.get("type")
    if kind == "message":
        if spoken:
            content.say(_texts(step.get("content")))
    elif kind == "reasoning":
        content.think(_texts(step.get("content")) or _texts(step.get("summary")))
        return whole(round(number(step.get("duration")) or 0)) or None
    elif kind == "function_call":
        content.part("tool_call", step.get("name"), step.get("arguments"))
    elif kind == "function_call_output":
        content.part("tool_result", step.get("name") or step.get("call_id"), _texts(step.get("output")))
    elif kind is not None and str(kind).endswith("code_interpreter"):
        content.ran(step.get("code"), step.get("output"))
    elif step:
        content.unknown(step)
    return None


def _texts(told: Any) -> str:
    parts = told if isinstance(told, list) else [told]
    return joined(text(part) or mapping(part).get("text") for part in parts).strip()


def _beside(entry: dict[str, Any], content: Content) -> None:
    """Keep files, sources, steps and errors listed beside the text."""
    for file in map(mapping, sequence(entry.get("files"))):
        _file(file, content)
    for source in map(mapping, sequence(entry.get("sources")) or sequence(entry.get("citations"))):
        _source(source, content)
    for run in map(mapping, sequence(entry.get("code_executions"))):
        content.ran(run.get("code"), run.get("result"), run.get("name"))
    for step in map(mapping, sequence(entry.get("statusHistory"))):
        content.part("context", step.get("action"), step.get("description"), data=step.get("urls"))
    for page in sequence(entry.get("embeds")):
        content.part("data", "embed", page)
    content.part("merged", words=mapping(entry.get("merged")).get("content"))
    content.part("error", words=mapping(entry.get("error")).get("content") or text(entry.get("error")))


def _file(file: dict[str, Any], content: Content) -> None:
    inner = mapping(file.get("file"))
    name = file.get("name") or inner.get("filename") or mapping(inner.get("meta")).get("name")
    if file.get("type") == "image" or text(file.get("content_type")).startswith("image/"):
        content.picture(file.get("url"), name)
    else:
        content.part("file", name or file.get("id") or file.get("type"), url=file.get("url"))


def _source(told: dict[str, Any], content: Content) -> None:
    source = mapping(told.get("source"))
    about = (mapping(entry).get("source") for entry in sequence(told.get("metadata")))
    address = source.get("url") or next(filter(None, about), "")
    content.part("citation", source.get("name") or source.get("id"), _texts(told.get("document")), url=address)
