"""Documents: the fields of a conversation and its messages that they carry, and what a stranger's value becomes. Pure.

The one list of these fields, for exports, imports, shared links and their copies. Ids, the parent of a message, the
folder and the message that is shown stand beside them, since they are names of other things.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from .text import clean_line, clean_text, clean_title_usage, clean_usage
from .values import LATEST, mapping, number, plain, sequence, text, web, whole, written_moment

FORMAT, VERSION = "parley", 1
STAMP = {"format": FORMAT, "version": VERSION}

Remark = Callable[[str, int], object]
"""Told (why, count) of what was changed; a count of 0 is nothing."""
Reader = Callable[[Any, Remark], Any]

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 4_000_000
"""Characters of one message; what is longer is cut."""
LONGEST_INSTRUCTIONS = 1_000_000
LONGEST_PART = 100_000
MOST_PARTS = 1_000
STATUSES = ("done", "stopped", "failed", "interrupted")
PARAMETERS = {"temperature": float, "top_p": float, "max_tokens": int}


def read(fields: Mapping[str, Reader], told: Mapping[str, Any], remark: Remark) -> dict[str, Any]:
    """Every field as what it should be, whatever a stranger's document says."""
    return {name: reader(told.get(name), remark) for name, reader in fields.items()}


def written(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """Fields of a row as JSON has them: times in ISO 8601, in UTC."""
    return {name: _written(getattr(row, name)) for name in names}


def _written(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


# What a value becomes


def _line(longest: int) -> Reader:
    return lambda value, _: clean_line(value, longest)


def _short(longest: int) -> Reader:
    return lambda value, _: clean_text(value, longest)


def _long(longest: int) -> Reader:
    def cut(value: Any, remark: Remark) -> str:
        found = text(value)
        remark("text_cut", int(len(found) > longest))
        return found[:longest]

    return cut


def _either(*known: str) -> Reader:
    """One of these values; the first for any other."""
    return lambda value, _: value if value in known else known[0]


def _status(value: Any, _: Remark) -> str:
    """Nothing may wait to be answered because of an import."""
    return value if value in STATUSES else "interrupted" if value else "done"


def _flag(value: Any, _: Remark) -> bool:
    return value is True


def _count(value: Any, _: Remark) -> int:
    return whole(value) or 0


def _time(value: Any, remark: Remark) -> datetime | None:
    """As it was written, if it can be true: every time zone has a day for it."""
    found = written_moment(value) if isinstance(value, str) else None
    if found is not None and EARLIEST <= found <= LATEST:
        return found
    remark("time_unknown", int(isinstance(value, str)))
    return None


def _parameters(value: Any, _: Remark) -> dict[str, Any]:
    """Those that are known, if they are what they should be."""
    told = mapping(value)
    found = {name: number(told.get(name)) for name in PARAMETERS}
    values = {name: PARAMETERS[name](set_) for name, set_ in found.items() if set_ is not None and 0 <= set_ < 2**31}
    effort = clean_text(told.get("reasoning_effort"), 20)
    return {**values, "reasoning_effort": effort} if effort else values


def _parts(value: Any, remark: Remark) -> list[dict[str, Any]]:
    entries = sequence(value)
    remark("text_cut", max(0, len(entries) - MOST_PARTS))
    return [_part(mapping(entry), remark) for entry in entries[:MOST_PARTS]]


def _part(told: dict[str, Any], remark: Remark) -> dict[str, Any]:
    """As it was told, but for its length and an address that is not of the web."""
    remark("text_cut", int(len(text(told.get("text"))) > LONGEST_PART))
    part = {**plain(told, LONGEST_PART), "type": clean_text(told.get("type"), 40) or "data"}
    return {**part, "url": web(part["url"])} if "url" in part else part


# The fields

TUNING: dict[str, Reader] = {
    "model": _line(200),
    "instructions": _long(LONGEST_INSTRUCTIONS),
    "parameters": _parameters,
}
TUNED: dict[str, Reader] = {"name": _line(100), **TUNING}
"""A folder or a preset."""
CONVERSATION: dict[str, Reader] = {
    "title": _line(200),
    "titled_by": _either("person", "question", "model"),
    "title_usage": lambda value, _: clean_title_usage(value),
    **TUNING,
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
    "created_at": _time,
    "settled_at": _time,
}
SHARED = ("role", "content", "model", "created_at")
SHARED_REASONING = ("reasoning", "reasoning_seconds")
"""What a shared link shows of a message, always and where its owner chose so."""
