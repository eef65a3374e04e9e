"""Gather messages and conversations of foreign formats: what all their readers share. Pure."""

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parley.text import clean_line
from parley.transfer.reporting import Warnings
from parley.values import identifier, mapping, moment, plain, readable, text, web

from .branches import Placed
from .normalising import normalise

LONGEST_ORIGIN = 200
EMPTY: tuple[Any, ...] = ("", None, [], {})
UNSET = (*EMPTY, False, 0)
NO_MORE_THAN = {"tool_result": {"name"}, "code": {"name"}, "merged": {"name"}, "context": {"name"}}
"""Kind of part → fields that say nothing by themselves."""
WARNING_OF_KIND = {
    "image": "picture", "file": "file", "audio": "recording", "quote": "source", "citation": "source",
    "data": "content_unknown",
}  # fmt: skip
"""Kind of part → code of its warning; "tool" for all others."""
SHORTEST_DATA = 100
"""Characters of a ``data:`` URL; one that is shorter was cut by ``elements``."""


@dataclass(slots=True)
class Content:
    """One message, gathered bit by bit. ``seconds``: of reasoning. Questions neither fail nor stop.

    ``held``: what the archive holds; ``attachments``: those files of it that a question has, by their ``path``.
    """

    warnings: Warnings
    role: str = "assistant"
    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""
    finish_reason: str = ""
    seconds: int | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    stopped: bool = False
    created_at: str | None = None
    settled_at: str | None = None
    held: Container[str] = ()
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Join the paragraphs."""
        return "\n\n".join(self.texts)

    def add_text(self, words: Any) -> None:
        """Add a paragraph of text; anything but text is nothing."""
        _append(self.texts, words)

    def add_reasoning(self, words: Any, seconds: int | None = None) -> None:
        """Add a paragraph of reasoning; anything but text is nothing. Of several durations the first counts."""
        _append(self.reasoning, words)
        self.seconds = seconds if self.seconds is None else self.seconds

    def read(self, value: Any, readers: "Readers", kind: Any) -> None:
        """Add a text as it is, an object by the reader of its kind, and any other value as data."""
        if isinstance(value, str):
            self.add_text(value)
        elif isinstance(kind, str) and kind in readers:
            readers[kind](self, value)
        elif value is not None:
            self.part("data", mapping(value).get("type") or mapping(value).get("content_type"), data=value)

    def part(
        self, kind: str, name: Any = "", words: Any = "", *, url: Any = "", data: Any = None, why: str = ""
    ) -> None:
        """Keep a part with a warning, unless it is empty."""
        raw = {
            "name": clean_line(identifier(name), 300),
            "text": readable(words),
            "url": web(url),
            "data": plain(data, on_cut=lambda: self.warnings.add("text_cut")),
        }
        raw = {key: value for key, value in raw.items() if value not in EMPTY}
        if raw.keys() - NO_MORE_THAN.get(kind, set()):
            self.parts.append({"type": kind, **raw})
            self.warnings.add(why or WARNING_OF_KIND.get(kind, "tool"), int(kind != "error"))

    def attach(self, path: str, name: Any = "", kind: Any = "") -> bool:
        """Attach a file of the archive, or a ``data:`` URL, to a question → False where it is named by a part only."""
        is_inside = path.startswith("data:") and ";base64," in path[:SHORTEST_DATA] and len(path) > SHORTEST_DATA
        if self.role != "user" or not (is_inside or path in self.held):
            return False
        known = self.attachments.setdefault(path, {"name": "", "type": clean_line(kind, 100), "path": path})
        known["name"] = known["name"] or clean_line(identifier(name), 200)
        return True

    def called(self, name: Any, asked: Any, result: Any) -> None:
        """Keep a tool's call and its result."""
        self.part("tool_call", name, asked)
        self.part("tool_result", name, result)

    def ran(self, code: Any, output: Any, name: Any = "") -> None:
        """Keep code that was run, and its output."""
        self.part("code", name, code)
        self.part("output", name, output)

    def picture(self, raw: Any, name: Any = "") -> None:
        """Keep a picture, an address or {"url"}; of a ``data:`` URL only the media type, unless it is attached."""
        address = mapping(raw).get("url") or raw
        if self.attach(text(address), name, "image/"):
            return
        where = text(address)[:200]
        kind = where.partition(";")[0].partition(",")[0] if where.startswith("data:") else where
        self.part("image", name or kind or "image", url=address)

    def dated(self, created: Any, settled: Any) -> None:
        """Take the times of a message, with a warning for a first one that cannot be true."""
        self.created_at = moment(created)
        self.settled_at = moment(settled) or self.created_at
        self.warnings.add("time_unknown", int(created is not None and self.created_at is None))

    def message(self) -> dict[str, Any]:
        """Return the message as documents have it."""
        answered = self.role == "assistant"
        status = "failed" if answered and self.failed else "stopped" if answered and self.stopped else "done"
        self.warnings.add("message_unfinished", int(status == "stopped"))
        return {
            "role": self.role,
            "status": status,
            "error": "provider_error" if status == "failed" else "",
            "content": self.text,
            "reasoning": "\n\n".join(self.reasoning),
            "reasoning_seconds": self.seconds,
            "model": self.model if answered else "",
            "finish_reason": self.finish_reason,
            "usage": self.usage,
            "parts": self.parts,
            "attachments": list(self.attachments.values()),
            "created_at": self.created_at,
            "settled_at": self.settled_at,
        }

    def __bool__(self) -> bool:
        return bool(self.texts or self.reasoning or self.parts or self.attachments)


Readers = Mapping[str, Callable[[Content, dict[str, Any]], object]]
"""Kind → how to add an object of that kind to a message."""


class Draft:
    """Gather one conversation. ``instructions``: its own, or else its first system message; ``held``: see Content."""

    def __init__(self, title: Any, instructions: str = "", held: Container[str] = ()) -> None:
        self.warnings, self.instructions, self.held = Warnings(text(title)), instructions.strip(), held

    def read(
        self, role: Any, entry: dict[str, Any], known: Iterable[str], fill: Callable[[Content, dict[str, Any]], None]
    ) -> Content | None:
        """Fill a message from an entry of ``known`` fields → None when it is left out or becomes the instructions."""
        content = Content(self.warnings if role != "system" else Warnings(), role, held=self.held)
        if role not in ("user", "assistant", "system"):
            self.warnings.add("message_role", place=identifier(role))
            return None
        fill(content, entry)
        if role == "system":
            self.instruct(content.text)
            return None
        self.pass_over(entry, known, "field_unknown", UNSET)
        self.warnings.add("message_empty", int(not content))
        return content or None

    def instruct(self, words: str) -> None:
        """Take a system message as the instructions, if there are none yet."""
        if not words.strip():
            self.warnings.add("message_empty")
        elif self.instructions:
            self.warnings.add("message_system")
        else:
            self.instructions = words
            self.warnings.add("message_instructions")

    def pass_over(self, raw: dict[str, Any], known: Iterable[str], why: str, nothing: Iterable[Any]) -> None:
        """Warn of each field that is not known and has a value that is not in ``nothing``."""
        for name in raw.keys() - set(known):
            self.warnings.add(why, int(raw[name] not in nothing), name)

    def normalised(self, origin: str, placed: list[Placed[Content]], **facts: Any) -> dict[str, Any]:
        """Return the normalised document."""
        messages = [Placed(one.id, one.parent, one.load.message()) for one in placed]
        return normalise({**facts, "origin": origin, "instructions": self.instructions}, messages, self.warnings)


def _append(words: list[str], value: Any) -> None:
    raw = text(value)
    if raw.strip():
        words.append(raw)


def origin(source: str, name: str, raw: Any) -> str:
    """Name a conversation so that it is recognised when it comes again: by its id, or else a hash of its content.

    >>> origin("chatgpt", "12-ab", {}), len(origin("chatgpt", "", {}))
    ('chatgpt:12-ab', 79)
    """
    if not name:
        name = "sha256-" + hashlib.sha256(repr(plain(raw)).encode("utf-8", "replace")).hexdigest()
    found = f"{source}:{name}"
    return found if len(found) <= LONGEST_ORIGIN else f"{source}:sha256-{hashlib.sha256(found.encode()).hexdigest()}"
