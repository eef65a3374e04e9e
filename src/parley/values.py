"""Values of parsed JSON from a stranger, as what they should be. Pure."""

import json
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from parley.text import clean

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
DEEPEST = 40
MOST_VALUES = 2_000


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """Something that names: a text or a whole number; "" for none."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def whole(value: Any, most: int = 2**31 - 1) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found <= most else None


def web(value: Any) -> str:
    """An address of the web; "" for all others."""
    return (
        text(value)[:2000] if isinstance(value, str) and value[:8].lower().startswith(("http://", "https://")) else ""
    )


def moment(value: Any) -> str | None:
    """ISO 8601 in UTC from seconds, milliseconds, micro- or nanoseconds, or a text; None for what cannot be true."""
    found = _from_text(value) if isinstance(value, str) else _from_number(number(value))
    return found.isoformat() if found and EARLIEST <= found <= LATEST else None


def _from_number(seconds: float | None) -> datetime | None:
    for _ in range(3):
        if seconds is not None and seconds > 1e11:
            seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(written: str) -> datetime | None:
    written = written[:60].strip()
    return _from_number(float(written)) if _is_digits(written) else written_moment(written)


def written_moment(written: str) -> datetime | None:
    """ISO 8601 as a time in UTC; None for what is none."""
    try:
        found = datetime.fromisoformat(written)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _is_digits(written: str) -> bool:
    return written.isascii() and written.replace(".", "", 1).isdigit()


def plain(value: Any, longest: int = 20_000, on_cut: Callable[[], object] = lambda: None) -> Any:
    """A copy that every database takes as JSON, cut where it is too deep or too large."""
    return _Copying(longest, on_cut).copy(value, DEEPEST)


class _Copying:
    def __init__(self, longest: int, on_cut: Callable[[], object]) -> None:
        self._longest, self._on_cut, self._left = longest, on_cut, MOST_VALUES

    def copy(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return clean(value[: self._length(value, self._longest)])
        if isinstance(value, dict):
            kept = list(value.items())[: self._length(value, self._room(depth))]
            return {clean(str(key)[:200]): self.copy(inner, depth - 1) for key, inner in kept}
        if isinstance(value, list):
            return [self.copy(inner, depth - 1) for inner in value[: self._length(value, self._room(depth))]]
        if isinstance(value, bool) or value is None:
            return value
        found = number(value)
        return found if found is None or abs(found) < 2**53 else str(found)

    def _room(self, depth: int) -> int:
        return max(0, self._left) if depth > 0 else 0

    def _length(self, value: Any, most: int) -> int:
        if len(value) > most:
            self._on_cut()
        return most


def readable(value: Any) -> str:
    """Any value as text: a text as it is, all else as JSON."""
    if isinstance(value, str):
        return clean(value)
    return "" if value in (None, [], {}) else json.dumps(plain(value), ensure_ascii=False, indent=1)


def joined(values: Iterable[Any]) -> str:
    """Those that are texts, as paragraphs."""
    return "\n\n".join(found for found in map(text, values) if found.strip())


def unwrapped(value: Any, opening: str = "{[") -> Any:
    """A text of JSON as what it says; anything else as it is."""
    if isinstance(value, str) and value and value[0] in opening:
        try:
            return json.loads(value, strict=False, parse_int=lambda digits: int(digits[:18]))
        except (ValueError, RecursionError):
            return value
    return value
