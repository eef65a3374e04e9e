"""What the importers of foreign formats have in common: parts of a message, and the draft of a document. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parley.text import clean_line
from parley.transfer.tally import Remarks
from parley.values import identifier, mapping, plain, readable, text, web

LONGEST_ORIGIN = 200
NO_MORE_THAN = {"tool_result": {"name"}, "code": {"name"}, "merged": {"name"}, "context": {"name"}}
"""Kinds of parts that say nothing by this alone."""


@dataclass(slots=True)
class Content:
    """What a message holds, gathered piece by piece."""

    remarks: Remarks
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)

    @property
    def reasoning(self) -> str:
        return "\n\n".join(self.thoughts)

    def say(self, words: Any) -> None:
        _append(self.texts, words)

    def think(self, words: Any) -> None:
        _append(self.thoughts, words)

    def part(self, kind: str, why: str, *, name: Any = "", words: Any = "", url: Any = "", data: Any = None) -> None:
        """Keep what is no text, with a remark; nothing, if there is nothing in it."""
        told = {
            "name": clean_line(identifier(name), 300),
            "text": readable(words),
            "url": web(url),
            "data": plain(data, on_cut=self._cut),
        }
        told = {key: value for key, value in told.items() if value not in ("", None, [], {})}
        if told.keys() - NO_MORE_THAN.get(kind, set()):
            self.parts.append({"type": kind, **told})
            if why:
                self.remarks.add(why)

    def _cut(self) -> None:
        self.remarks.add("text_cut")

    def unknown(self, value: Any) -> None:
        self.part(
            "data", "content_unknown", name=mapping(value).get("type") or mapping(value).get("content_type"), data=value
        )

    def __bool__(self) -> bool:
        return bool(self.texts or self.thoughts or self.parts)


class Instructions:
    """Of a conversation: those that it has apart, or else its first system message; there is no second."""

    def __init__(self, remarks: Remarks, apart: str = "") -> None:
        self.text, self._remarks = apart.strip(), remarks

    def add(self, words: str) -> None:
        if not words.strip():
            self._remarks.add("message_empty")
        elif self.text:
            self._remarks.add("message_system")
        else:
            self.text = words
            self._remarks.add("message_instructions")


def _append(words: list[str], value: Any) -> None:
    told = text(value)
    if told.strip():
        words.append(told)


def origin(source: str, name: str, told: Any) -> str:
    """What makes a conversation the same when it comes again: its id there, or else what it holds."""
    if not name:
        name = "sha256-" + hashlib.sha256(repr(plain(told)).encode("utf-8", "replace")).hexdigest()
    found = f"{source}:{name}"
    return found if len(found) <= LONGEST_ORIGIN else f"{source}:sha256-{hashlib.sha256(found.encode()).hexdigest()}"


def field_remarks(told: dict[str, Any], known: Iterable[str], remarks: Remarks) -> None:
    """Say of every field with something in it that it was not looked at."""
    for name in told.keys() - set(known):
        if told[name] not in (None, False, "", [], {}, 0):
            remarks.add("field_unknown", place=name)
