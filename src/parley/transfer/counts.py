"""Count what an import leaves out or changes; ``warnings.py`` has the sentences. Pure."""

from collections import Counter
from collections.abc import Iterable
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
