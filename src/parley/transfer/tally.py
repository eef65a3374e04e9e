"""Counting what an import leaves out or changes; ``remarks.py`` has the sentences. Pure."""

from collections.abc import Iterable
from typing import Any

from parley.text import clean

MOST_PLACES = 3
LONGEST_PLACE = 80
ORDER = ("member", "conversation", "message", "branch", "text")
"""What weighs most comes first."""


class Remarks:
    """How often something was said, and of what, as far as a few examples."""

    def __init__(self, place: str = "") -> None:
        self.place = place
        self._counts: dict[str, int] = {}
        self._places: dict[str, list[str]] = {}

    def add(self, why: str, count: int = 1, place: str = "") -> None:
        if count > 0:
            self._counts[why] = self._counts.get(why, 0) + count
            self._note(why, [place or self.place])

    def merge(self, other: "Remarks") -> None:
        for why, count in other._counts.items():
            self._counts[why] = self._counts.get(why, 0) + count
            self._note(why, other._places[why])

    def forget(self, why: str) -> None:
        self._counts.pop(why, None)

    def count(self, why: str) -> int:
        return self._counts.get(why, 0)

    def as_list(self) -> list[dict[str, Any]]:
        """For the database."""
        return [
            {"what": _what(why), "why": why, "count": self._counts[why], "where": self._places[why]}
            for why in sorted(self._counts, key=_weight)
        ]

    def _note(self, why: str, places: Iterable[str]) -> None:
        noted = self._places.setdefault(why, [])
        for place in places:
            if place and place not in noted and len(noted) < MOST_PLACES:
                noted.append(_short(place))


def _what(why: str) -> str:
    return why.partition("_")[0]


def _weight(why: str) -> tuple[int, str]:
    return (ORDER.index(_what(why)) if _what(why) in ORDER else len(ORDER)), why


def _short(place: str) -> str:
    line = " ".join(clean(place[: 4 * LONGEST_PLACE]).split())
    return line if len(line) <= LONGEST_PLACE else line[: LONGEST_PLACE - 1] + "…"
