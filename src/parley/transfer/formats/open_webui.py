"""Open WebUI's export: an array of chats, each a tree of messages by id. Pure.

Source: backend/open_webui/models/chats.py, and the messages that src/lib/components/chat/Chat.svelte writes.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, moment, number, sequence, text, unwrapped, whole

from .drafting import Content, Instructions, field_remarks, origin
from .sealing import seal
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
    if not isinstance(value, dict):
        return False
    chat = _chat(value)
    has_tree = isinstance(mapping(chat.get("history")).get("messages"), dict | list)
    return has_tree or (isinstance(chat.get("messages"), list) and chat is not value)


def documents(value: dict[str, Any]) -> tuple[dict[str, Any] | None, Remarks]:
    chat = _chat(value)
    title = clean_line(value.get("title"), 200) or clean_line(chat.get("title"), 200)
    remarks = Remarks(title)
    settings = mapping(chat.get("params"))
    instructions = Instructions(remarks, text(chat.get("system")) or text(settings.get("system")))
    nodes = [_node(name, entry, remarks, instructions) for name, entry in _entries(chat)]
    placed = plant(nodes, remarks)
    current = identifier(mapping(chat.get("history")).get("currentId"))
    _remark(value, chat, settings, remarks)
    conversation = {
        "title": title,
        "instructions": instructions.text,
        "parameters": {key: settings.get(key) for key in PARAMETERS},
        "pinned": value.get("pinned") is True,
        "archived": value.get("archived") is True,
        "origin": origin(NAME, _name(value, chat), chat),
        "created_at": moment(value.get("created_at")) or moment(chat.get("timestamp")),
        "updated_at": moment(value.get("updated_at")),
        "shown": leaf_below(placed, current) if any(one.id == current for one in placed) else "",
        "messages": [{**one.load, "id": one.id, "parent": one.parent} for one in placed],
    }
    return seal({"conversation": conversation}, remarks), remarks


def _chat(value: dict[str, Any]) -> dict[str, Any]:
    """A chat stands in its row of the database; the oldest exports have only the chat."""
    return value["chat"] if isinstance(value.get("chat"), dict) else value


def _name(value: dict[str, Any], chat: dict[str, Any]) -> str:
    return identifier(value.get("id")) or identifier(chat.get("id"))


def _remark(value: dict[str, Any], chat: dict[str, Any], settings: dict[str, Any], remarks: Remarks) -> None:
    remarks.add("model", int(bool(chat.get("models"))))
    remarks.add("folder", int(bool(value.get("folder_id"))))
    remarks.add("tag", len(sequence(mapping(value.get("meta")).get("tags")) or sequence(chat.get("tags"))))
    remarks.add("file", len(sequence(chat.get("files"))))
    for name in settings.keys() - {*PARAMETERS, "system"}:
        remarks.add("option", int(settings[name] not in (None, "", [], {})), place=name)


def _entries(chat: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Messages by name; the oldest exports have only a list, in which each answers the one before."""
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


def _node(name: str, entry: Any, remarks: Remarks, instructions: Instructions) -> Node[dict[str, Any]]:
    if not isinstance(entry, dict):
        remarks.add("message_broken")
        return Node(name, "", None)
    children = [identifier(child) for child in sequence(entry.get("childrenIds"))]
    return Node(name, identifier(entry.get("parentId")), _message(entry, remarks, instructions), children)


def _message(entry: dict[str, Any], remarks: Remarks, instructions: Instructions) -> dict[str, Any] | None:
    """None for what is not a message of its own."""
    role = entry.get("role")
    if role == "system":
        instructions.add(_said(entry.get("content"), Content(Remarks())).text)
        return None
    if role not in ("user", "assistant"):
        remarks.add("message_role", place=identifier(role))
        return None
    field_remarks(entry, _KNOWN, remarks)
    content = Content(remarks)
    seconds = _read(entry, content, role)
    _beside(entry, content)
    if not content:
        remarks.add("message_empty")
        return None
    return _drafted(entry, role, content, seconds)


def _drafted(entry: dict[str, Any], role: str, content: Content, seconds: int | None) -> dict[str, Any]:
    written = moment(entry.get("timestamp"))
    content.remarks.add("time_unknown", int(entry.get("timestamp") is not None and written is None))
    status = "done" if role == "user" else _status(entry)
    content.remarks.add("message_unfinished", int(status == "stopped"))
    return {
        "role": role,
        "status": status,
        "error": "provider_error" if status == "failed" else "",
        "content": content.text,
        "reasoning": content.reasoning,
        "reasoning_seconds": seconds,
        "model": text(entry.get("model")) if role == "assistant" else "",
        "usage": {key: count for key, count in mapping(entry.get("usage")).items() if whole(count) == count},
        "parts": content.parts,
        "created_at": written,
        "settled_at": moment(entry.get("completedAt")) or written,
    }


def _status(entry: dict[str, Any]) -> str:
    return "failed" if entry.get("error") else "stopped" if entry.get("done") is False else "done"


def _read(entry: dict[str, Any], content: Content, role: str) -> int | None:
    """The text, the thoughts and the calls of tools → seconds of thought.

    Newer answers tell them apart in ``output``; in older ones they stand in the text, as ``<details>``.
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
    """A text, or a list of parts as providers take them; what is no text goes to ``content``."""
    said = Content(content.remarks)
    for part in told if isinstance(told, list) else [told]:
        kind = mapping(part).get("type")
        if isinstance(part, str):
            said.say(part)
        elif kind == "text":
            said.say(part.get("text"))
        elif kind == "image_url":
            address = mapping(part.get("image_url")).get("url") or part.get("image_url")
            content.part("image", "picture", name=_name_of(address), url=address)
        elif part not in (None, "", [], {}):
            content.unknown(part)
    return said


def _name_of(address: Any) -> str:
    """A picture may be in its own address; of that, only what kind of picture."""
    told = text(address)[:200]
    return told.partition(";")[0].partition(",")[0] if told.startswith("data:") else told or "image"


def _cut_blocks(words: str, content: Content) -> int | None:
    """Take the blocks of thoughts and tools out of a text."""
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
        content.part("tool_call", "tool", name=attributes.get("name"), words=attributes.get("arguments"))
        content.part(
            "tool_result", "tool", name=attributes.get("name"), words=_result(attributes.get("result") or body)
        )
    else:
        content.part("code", "tool", words=body)
        content.part("output", "tool", words=attributes.get("output"))
    return None


def _seconds(written: Any) -> int | None:
    return whole(int(written[:9])) if isinstance(written, str) and written.isascii() and written.isdigit() else None


def _result(words: str) -> Any:
    """A text may be JSON of a text."""
    found = unwrapped(words, '"')
    return found if isinstance(found, str) else words


def _output(step: dict[str, Any], content: Content, *, spoken: bool) -> int | None:
    """``spoken``: whether the text of the message is only here."""
    kind = step.get("type")
    if kind == "message":
        if spoken:
            content.say(_texts(step.get("content")))
    elif kind == "reasoning":
        content.think(_texts(step.get("content")) or _texts(step.get("summary")))
        return whole(round(number(step.get("duration")) or 0)) or None
    elif kind == "function_call":
        content.part("tool_call", "tool", name=step.get("name"), words=step.get("arguments"))
    elif kind == "function_call_output":
        content.part(
            "tool_result", "tool", name=step.get("name") or step.get("call_id"), words=_texts(step.get("output"))
        )
    elif kind is not None and str(kind).endswith("code_interpreter"):
        content.part("code", "tool", words=step.get("code"))
        content.part("output", "tool", words=step.get("output"))
    elif step:
        content.unknown(step)
    return None


def _texts(told: Any) -> str:
    parts = told if isinstance(told, list) else [told]
    return "\n\n".join(text(part) or text(mapping(part).get("text")) for part in parts).strip()


def _beside(entry: dict[str, Any], content: Content) -> None:
    """What stands beside the text."""
    for file in map(mapping, sequence(entry.get("files"))):
        _file(file, content)
    for source in map(mapping, sequence(entry.get("sources")) or sequence(entry.get("citations"))):
        _source(source, content)
    for run in map(mapping, sequence(entry.get("code_executions"))):
        content.part("code", "tool", name=run.get("name"), words=run.get("code"))
        content.part("output", "tool", name=run.get("name"), words=run.get("result"))
    for step in map(mapping, sequence(entry.get("statusHistory"))):
        content.part("context", "tool", name=step.get("action"), words=step.get("description"), data=step.get("urls"))
    for page in sequence(entry.get("embeds")):
        content.part("data", "content_unknown", name="embed", words=page)
    merged = mapping(entry.get("merged"))
    content.part("merged", "tool", words=merged.get("content"))
    failure = entry.get("error")
    content.part("error", "", words=mapping(failure).get("content") or (failure if isinstance(failure, str) else ""))


def _file(file: dict[str, Any], content: Content) -> None:
    inner = mapping(file.get("file"))
    name = file.get("name") or inner.get("filename") or mapping(inner.get("meta")).get("name")
    if file.get("type") == "image" or text(file.get("content_type")).startswith("image/"):
        content.part("image", "picture", name=name or _name_of(file.get("url")), url=file.get("url"))
    else:
        content.part("file", "file", name=name or file.get("id") or file.get("type"), url=file.get("url"))


def _source(told: dict[str, Any], content: Content) -> None:
    source = mapping(told.get("source"))
    name = source.get("name") or source.get("id")
    address = source.get("url") or next(
        (mapping(about).get("source") for about in sequence(told.get("metadata")) if mapping(about).get("source")), ""
    )
    content.part("citation", "source", name=name, url=address, words=_texts(told.get("document")))
