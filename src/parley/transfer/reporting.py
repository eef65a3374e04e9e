"""The report of an import: what came in, a row for each file that was read, and what was left out or changed. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from parley.text import clean

MAX_PLACES = 3
LONGEST_PLACE = 80
ORDER = ("member", "conversation", "message", "branch", "text")
"""Heaviest losses first."""


class Warnings:
    """Count warnings by code, with up to MAX_PLACES examples of where.

    >>> warnings = Warnings("Trip"); warnings.add("message_empty", 2); warnings.as_list()
    [{'what': 'message', 'why': 'message_empty', 'count': 2, 'where': ['Trip']}]
    """

    def __init__(self, place: str = "") -> None:
        self.place = place
        self._counts: Counter[str] = Counter()
        self._places: dict[str, list[str]] = {}

    def add(self, why: str, count: int = 1, place: str = "") -> None:
        """Count a warning; nothing for a count of 0. ``place``: instead of the title given at first."""
        if count > 0:
            self._note(why, count, [place or self.place])

    def merge(self, other: "Warnings") -> None:
        """Add all warnings of another count."""
        for why, count in other._counts.items():
            self._note(why, count, other._places[why])

    def forget(self, why: str) -> None:
        """Drop all warnings of one code."""
        self._counts.pop(why, None)

    def as_list(self) -> list[dict[str, Any]]:
        """List the warnings as the database keeps them: {"what", "why", "count", "where"}."""
        return [
            {"what": _what(why), "why": why, "count": self._counts[why], "where": self._places[why]}
            for why in sorted(self._counts, key=_weight)
        ]

    def _note(self, why: str, count: int, places: Iterable[str]) -> None:
        self._counts[why] += count
        noted = self._places.setdefault(why, [])
        for place in places:
            if place and place not in noted and len(noted) < MAX_PLACES:
                noted.append(_short(place))


def _what(why: str) -> str:
    return why.partition("_")[0]


def _weight(why: str) -> tuple[int, str]:
    return (ORDER.index(_what(why)) if _what(why) in ORDER else len(ORDER)), why


def _short(place: str) -> str:
    line = " ".join(clean(place[: 4 * LONGEST_PLACE]).split())
    return line if len(line) <= LONGEST_PLACE else line[: LONGEST_PLACE - 1] + "…"


MAX_ROWS = 20
"""Files with a row of their own; above that, files of one conversation share a row."""
MAX_LINKS = 20_000
"""Conversations of one row that the report lists."""


@dataclass
class Row:
    """Count what one file brought in. ``files``: how many share this row. ``existing``: conversations known before."""

    file: str
    format: str = ""
    files: int = 1
    conversations: int = 0
    messages: int = 0
    existing: int = 0
    error: str = ""
    warnings: Warnings = field(default_factory=Warnings)
    came_in: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return not (self.format or self.error or self.warnings.as_list())

    @property
    def is_small(self) -> bool:
        return bool(self.format) and not self.error and self.conversations + self.existing <= 1

    def take(self, other: "Row") -> None:
        """Add the counts of another file to this row."""
        for name in ("files", "conversations", "messages", "existing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.warnings.merge(other.warnings)
        self.came_in += other.came_in

    def as_dict(self) -> dict[str, Any]:
        """Write the row as the database keeps it, in ``Transfer.report``."""
        raw = {key: value for key, value in vars(self).items() if key != "warnings"}
        return {**raw, "came_in": self.came_in[:MAX_LINKS], "left_out": self.warnings.as_list()}


def summed(rows: list[Row]) -> list[Row]:
    """Join many files of one conversation into one row; drop settings and Markdown files of our own archives."""
    if any(row.format == "parley" for row in rows):
        for row in rows:
            row.warnings.forget("member_other")
        rows = [row for row in rows if not row.is_blank and not _is_settings(row)] or rows[:1]
    if len(rows) <= MAX_ROWS:
        return rows
    first: dict[str, Row] = {}
    kept = []
    for row in rows:
        if row.is_small and first.setdefault(row.format, row) is not row:
            first[row.format].take(row)
        else:
            kept.append(row)
    return kept


def _is_settings(row: Row) -> bool:
    return row.format == "parley" and not (row.conversations or row.existing or row.error or row.warnings.as_list())
