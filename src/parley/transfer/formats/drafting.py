"""Gather messages and conversations of foreign formats: what all their readers share. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, moment, plain, readable, text, web

from .sealing import seal
from .tree import Placed

LONGEST_ORIGIN = 200
EMPTY: tuple[Any, ...] = ("", None, [], {})
UNSET = (*EMPTY, False, 0)
NO_MORE_THAN = {"tool_result": {"name"}, "code": {"name"}, "merged": {"name"}, "context": {"name"}}
"""Kind of part → fields that say nothing by themselves."""
REMARKS = {
    "image": "picture", "file": "file", "audio": "recording", "quote": "source", "citation": "source",
    "data": "content_unknown",
}  # fmt: skip
"""Kind of part → code of its warning; "tool" for all others."""


@dataclass(slots=True)
class Content:
    """Gather the content of one message."""

    remarks: Remarks
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)

    def say(self, words: Any) -> None:
        """Add a paragraph of text; anything but text is nothing."""
        _append(self.texts, words)

    def think(self, words: Any) -> None:
        """Add a paragraph of reasoning; anything but text is nothing."""
        _append(self.thoughts, words)

    def part(
        self, kind: str, name: Any = "", words: Any = "", *, url: Any = "", data: Any = None, why: str = ""
    ) -> None:
        """Keep a part with a warning, unless it is empty."""
        told = {
            "name": clean_line(identifier(name), 300),
            "text": readable(words),
            "url": web(url),
            "data": plain(data, on_cut=lambda: self.remarks.add("text_cut")),
        }
        told = {key: value for key, value in told.items() if value not in EMPTY}
        if told.keys() - NO_MORE_THAN.get(kind, set()):
            self.parts.append({"type": kind, **told})
            self.remarks.add(why or REMARKS.get(kind, "tool"), int(kind != "error"))

    def unknown(self, value: Any) -> None:
        """Keep a value of unknown kind as data."""
        kind = mapping(value).get("type") or mapping(value).get("content_type")
        self.part("data", kind, data=value)

    def called(self, name: Any, asked: Any, result: Any) -> None:
        """Keep a tool's call and its result."""
        self.part("tool_call", name, asked)
        self.part("tool_result", name, result)

    def ran(self, code: Any, output: Any, name: Any = "") -> None:
        """Keep code that was run, and its output."""
        self.part("code", name, code)
        self.part("output", name, output)

    def picture(self, told: Any, name: Any = "") -> None:
        """Keep a picture, an address or {"url"}; of a ``data:`` URL only the media type."""
        address = mapping(told).get("url") or told
        where = text(address)[:200]
        kind = where.partition(";")[0].partition(",")[0] if where.startswith("data:") else where
        self.part("image", name or kind or "image", url=address)

    def time(self, value: Any) -> str | None:
        """Read a time as ISO 8601 in UTC → None, with a warning, for one that cannot be true."""
        found = moment(value)
        self.remarks.add("time_unknown", int(value is not None and found is None))
        return found

    def message(self, role: str, *, failed: Any, stopped: Any, model: Any, **values: Any) -> dict[str, Any]:
        """Return the message as documents have it; questions are always done."""
        answered = role == "assistant"
        status = "failed" if answered and failed else "stopped" if answered and stopped else "done"
        self.remarks.add("message_unfinished", int(status == "stopped"))
        return {
            "role": role,
            "status": status,
            "error": "provider_error" if status == "failed" else "",
            "content": self.text,
            "reasoning": "\n\n".join(self.thoughts),
            "model": model if answered else "",
            "parts": self.parts,
            **values,
        }

    def __bool__(self) -> bool:
        return bool(self.texts or self.thoughts or self.parts)


class Draft:
    """Gather one conversation. ``instructions``: its own, or else its first system message."""

    def __init__(self, title: Any, instructions: str = "") -> None:
        self.remarks, self.instructions = Remarks(text(title)), instructions.strip()

    def instruct(self, words: str) -> None:
        """Take a system message as the instructions, if there are none yet."""
        if not words.strip():
            self.remarks.add("message_empty")
        elif self.instructions:
            self.remarks.add("message_system")
        else:
            self.instructions = words
            self.remarks.add("message_instructions")

    def pass_over(self, told: dict[str, Any], known: Iterable[str], why: str, nothing: Iterable[Any]) -> None:
        """Warn of each field that is not known and has a value that is not in ``nothing``."""
        for name in told.keys() - set(known):
            self.remarks.add(why, int(told[name] not in nothing), name)

    def sealed(self, origin: str, messages: list[Placed[dict[str, Any]]], **facts: Any) -> dict[str, Any]:
        """Return the normalised document."""
        return seal({**facts, "origin": origin, "instructions": self.instructions}, messages, self.remarks)


def _append(words: list[str], value: Any) -> None:
    told = text(value)
    if told.strip():
        words.append(told)


def origin(source: str, name: str, told: Any) -> str:
    """Name a conversation so that it is recognised when it comes again: by its id, or else a hash of its content.

    >>> origin("chatgpt", "12-ab", {}), len(origin("chatgpt", "", {}))
    ('chatgpt:12-ab', 79)
    """
    if not name:
        name = "sha256-" + hashlib.sha256(repr(plain(told)).encode("utf-8", "replace")).hexdigest()
    found = f"{source}:{name}"
    return found if len(found) <= LONGEST_ORIGIN else f"{source}:sha256-{hashlib.sha256(found.encode()).hexdigest()}"
