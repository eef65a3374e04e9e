"""The fields of a conversation and its messages that documents carry, and how untrusted values of them are read. Pure.

This is the one list of these fields, for exports, imports, shared links and their copies. Ids, the parent of a
message, the folder and the shown message are not in it, because they refer to other rows.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from .text import clean_line, clean_text, clean_title_usage, clean_usage
from .values import LATEST, mapping, number, plain, sequence, text, web, whole, written_moment

FORMAT, VERSION = "parley", 2
STAMP = {"format": FORMAT, "version": VERSION}

Warn = Callable[[str, int], object]
"""Called with (code, count) of what was changed; a count of 0 means nothing was."""
Reader = Callable[[Any, Warn], Any]

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 4_000_000
"""Characters of one message; what is longer is cut."""
LONGEST_INSTRUCTIONS = 1_000_000
LONGEST_PART = 100_000
MAX_PARTS = 1_000
MAX_ATTACHMENTS = 100
"""Of one question."""
MAX_INCLUDED, MAX_NOTES = 1_000, 20
"""Files of one request, and notes of one of them."""
STATUSES = ("done", "stopped", "failed", "interrupted")
PARAMETERS = {"temperature": float, "top_p": float, "max_tokens": int}


def read(fields: Mapping[str, Reader], document: Mapping[str, Any], warn: Warn) -> dict[str, Any]:
    """Read every field as the type it should have, whatever an untrusted document holds.

    >>> read({"pinned": CONVERSATION["pinned"], "title": _line(5)}, {"title": "A long one"}, print)
    {'pinned': False, 'title': 'A lon'}
    """
    return {name: reader(document.get(name), warn) for name, reader in fields.items()}


def written(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return fields of a row for JSON, times as ISO 8601 in UTC.

    >>> from types import SimpleNamespace
    >>> written(SimpleNamespace(title="A", created_at=datetime(2026, 1, 31, tzinfo=UTC)), ["title", "created_at"])
    {'title': 'A', 'created_at': '2026-01-31T00:00:00Z'}
    """
    return {name: _written(getattr(row, name)) for name in names}


def _written(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


# Readers, one for each kind of field


def _line(longest: int) -> Reader:
    return lambda value, _: clean_line(value, longest)


def _short(longest: int) -> Reader:
    return lambda value, _: clean_text(value, longest)


def _long(longest: int) -> Reader:
    def cut(value: Any, warn: Warn) -> str:
        found = text(value)
        warn("text_cut", int(len(found) > longest))
        return found[:longest]

    return cut


def _either(*known: str) -> Reader:
    return lambda value, _: value if value in known else known[0]


def _status(value: Any, _: Warn) -> str:
    """Read a settled status: nothing may wait for an answer because of an import."""
    return value if value in STATUSES else "interrupted" if value else "done"


def _flag(value: Any, _: Warn) -> bool:
    return value is True


def _count(value: Any, _: Warn) -> int:
    return whole(value) or 0


def _time(value: Any, warn: Warn) -> datetime | None:
    """Read a time for which every time zone has a day."""
    found = written_moment(value) if isinstance(value, str) else None
    if found is not None and EARLIEST <= found <= LATEST:
        return found
    warn("time_unknown", int(isinstance(value, str)))
    return None


def _parameters(value: Any, _: Warn) -> dict[str, Any]:
    """Read the known parameters whose values have the right type.

    >>> _parameters({"temperature": 1, "top_p": "high", "reasoning_effort": "low"}, print)
    {'temperature': 1.0, 'reasoning_effort': 'low'}
    """
    found = {name: number(mapping(value).get(name)) for name in PARAMETERS}
    values = {name: PARAMETERS[name](set_) for name, set_ in found.items() if set_ is not None and 0 <= set_ < 2**31}
    effort = clean_text(mapping(value).get("reasoning_effort"), 20)
    return {**values, "reasoning_effort": effort} if effort else values


def _parts(value: Any, warn: Warn) -> list[dict[str, Any]]:
    entries = sequence(value)
    warn("text_cut", max(0, len(entries) - MAX_PARTS))
    return [_part(mapping(entry), warn) for entry in entries[:MAX_PARTS]]


def _part(entry: dict[str, Any], warn: Warn) -> dict[str, Any]:
    warn("text_cut", int(len(text(entry.get("text"))) > LONGEST_PART))
    part = {**plain(entry, LONGEST_PART), "type": clean_text(entry.get("type"), 40) or "data"}
    return {**part, "url": web(part["url"])} if "url" in part else part


def _included(value: Any, _: Warn) -> list[dict[str, Any]] | None:
    """Read what a reply was sent of which file; see Message.note_included."""
    return [_sent(mapping(entry)) for entry in sequence(value)[:MAX_INCLUDED]] or None


def _sent(entry: dict[str, Any]) -> dict[str, Any]:
    pages = [whole(number) or 0 for number in sequence(entry.get("pages"))]
    notes = [clean_line(note, 40) for note in sequence(entry.get("notes"))[:MAX_NOTES]] or ["cut"] * bool(
        entry.get("cut")
    )
    numbers = {name: whole(entry.get(name)) or 0 for name in ("from", "upto", "of", "window")}
    words = {"id": clean_text(entry.get("id"), 36), "name": clean_line(entry.get("name"), 200)}
    more = {name: number for name in ("tokens", "count") if (number := whole(entry.get(name))) is not None}
    found = {**words, **numbers, "pages": pages if len(pages) == 3 else None, "why": clean_text(entry.get("why"), 20)}
    return {**found, **more, **({"notes": notes} if notes else {})}


# The fields

GENERATION_SETTINGS: dict[str, Reader] = {
    "model": _line(200),
    "instructions": _long(LONGEST_INSTRUCTIONS),
    "parameters": _parameters,
}
NAMED_SETTINGS: dict[str, Reader] = {"name": _line(100), **GENERATION_SETTINGS}
"""A folder or a preset."""
CONVERSATION: dict[str, Reader] = {
    "title": _line(200),
    "titled_by": _either("person", "question", "model"),
    "title_usage": lambda value, _: clean_title_usage(value),
    **GENERATION_SETTINGS,
    "without_profile": _flag,
    "pinned": _flag,
    "archived": _flag,
    "origin": _short(200),
    "created_at": _time,
    "updated_at": _time,
}
MESSAGE: dict[str, Reader] = {
    "role": _either("user", "assistant"),
    "status": _status,
    "content": _long(LONGEST_TEXT),
    "reasoning": _long(LONGEST_TEXT),
    "reasoning_seconds": lambda value, _: whole(value),
    "model": _line(200),
    "asked_model": _line(200),
    "error": _short(40),
    "error_detail": _line(300),
    "finish_reason": _line(40),
    "usage": lambda value, _: clean_usage(value),
    "parts": _parts,
    "left_out": _count,
    "sent_tokens": _count,
    "included": _included,
    "created_at": _time,
    "settled_at": _time,
}
ATTACHMENT: dict[str, Reader] = {
    "id": _short(36),
    "name": _line(200),
    "type": _line(100),
    "alt": _line(300),
    "sha256": _short(64),
    "path": lambda value, _: text(value),
}
"""A file of a question. ``path``: its name in the archive, or a ``data:`` URL; ``id``: by which
``included`` of messages name it; documents have its size, too."""
SHARED = ("role", "content", "model", "created_at")
SHARED_REASONING = ("reasoning", "reasoning_seconds")
"""Fields of a message that a shared link shows, always and where its owner chose so."""
