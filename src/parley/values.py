"""Read values of parsed JSON of untrusted origin as the types they should have. Pure."""

import json
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from .text import clean

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
DEEPEST = 40
MAX_VALUES = 2_000


def mapping(value: Any) -> dict[str, Any]:
    """Return a dict as it is; {} for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list as it is; [] for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return clean text; "" for anything else."""
    return clean(value) if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """Return a text or a whole number as text; "" for anything else.

    >>> identifier("abc"), identifier(7), identifier(True)
    ('abc', '7', '')
    """
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def number(value: Any) -> float | None:
    """Return a finite number as it is; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def whole(value: Any) -> int | None:
    """Return a number from 0 to below 2**31 without its fraction; None for anything else.

    >>> whole(2.9), whole(-1), whole("2")
    (2, None, None)
    """
    found = number(value)
    return int(found) if found is not None and 0 <= found <= 2**31 - 1 else None


def web(value: Any) -> str:
    """Return a web address, at most 2,000 characters; "" for anything else.

    >>> web("HTTPS://example.org"), web("ftp://example.org")
    ('HTTPS://example.org', '')
    """
    address = text(value)[:2000]
    return address if address[:8].lower().startswith(("http://", "https://")) else ""


def moment(value: Any) -> str | None:
    """Return ISO 8601 in UTC, from a text or from (milli-, micro-, nano-)seconds; None beyond EARLIEST and LATEST.

    >>> moment(1_700_000_000) == moment("1700000000000") == moment("2023-11-14T23:13:20+01:00")
    True
    >>> moment(0)
    """
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
    is_number = written.isascii() and written.replace(".", "", 1).isdigit()
    return _from_number(float(written)) if is_number else written_moment(written)


def written_moment(written: str) -> datetime | None:
    """Return the UTC time that ISO 8601 names; None for anything else.

    >>> written_moment("2026-01-31T12:00").isoformat()
    '2026-01-31T12:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(written)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def plain(value: Any, longest: int = 20_000, on_cut: Callable[[], object] = lambda: None) -> Any:
    """Copy a value so that every database takes it as JSON, and cut it where it is too deep or too large.

    Texts keep ``longest`` characters; ``on_cut`` is called for each cut.

    >>> plain({"a": [1, "text", 2**60]}, longest=2)
    {'a': [1, 'te', '1152921504606846976']}
    """
    return _Copying(longest, on_cut).copy(value, DEEPEST)


class _Copying:
    def __init__(self, longest: int, on_cut: Callable[[], object]) -> None:
        self._longest, self._on_cut, self._left = longest, on_cut, MAX_VALUES

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
    """Return text as it is, and anything else as JSON; "" for what is empty.

    >>> readable("text"), readable([1]), readable({})
    ('text', '[\\n 1\\n]', '')
    """
    if isinstance(value, str):
        return clean(value)
    return "" if value in (None, [], {}) else json.dumps(plain(value), ensure_ascii=False, indent=1)


def joined(values: Iterable[Any]) -> str:
    r"""Join texts as paragraphs, without what is no text or blank.

    >>> joined(["one", None, " ", "two"])
    'one\n\ntwo'
    """
    return "\n\n".join(found for found in map(text, values) if found.strip())


def unwrapped(value: Any, opening: str = "{[") -> Any:
    """Parse a text that begins as JSON does; return anything else, and broken JSON, as it is.

    >>> unwrapped('{"a": 1}'), unwrapped("[draft"), unwrapped(3)
    ({'a': 1}, '[draft', 3)
    """
    if isinstance(value, str) and value and value[0] in opening:
        try:
            return json.loads(value, strict=False, parse_int=lambda digits: int(digits[:18]))
        except (ValueError, RecursionError):
            return value
    return value
