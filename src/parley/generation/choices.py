"""Which choices of a stream are the answer. Pure."""

from typing import Any

Choice = dict[str, Any]
SURE = 3
"""Chunks whose indexes count up, each with text of its own: tokens are numbered so, several answers hardly ever."""


class Choices:
    """Takes the first of several choices, or all where their index numbers tokens (text-generation-inference 1).

    Where the first has no words, be it only a role or reasoning, another that has some becomes the answer.

    ``index``: of the only choice that is taken, once it is known.

    >>> [choice["text"] for choice in Choices().take([{"index": 0, "text": "a"}, {"index": 1, "text": "b"}])]
    ['a']
    """

    def __init__(self) -> None:
        self.index: Any = Choices
        self._first: Any = None
        self._held: list[Choice] = []
        self._seen, self._may_count = 0, True

    def take(self, choices: list[Any], begun: bool = False) -> list[Choice]:
        """Return the choices of a chunk that are part of the answer. ``begun``: whether that has words already."""
        found = [choice for choice in choices if type(choice) is dict]
        indexes, spoken = [*map(_index, found)], [*map(_index, filter(_has_words, found))]
        if self._first is None or (spoken and not begun and self._first not in indexes):
            self._first = 0 if 0 in indexes else next(iter(spoken or indexes), None)
        if self._may_count and len(found) == 1 and self._is_counted(found[0]):
            return self._count(found[0])
        self._may_count, self.index, self._held = False, self._first, []
        return [choice for choice in found if _index(choice) in (None, self._first)][:1]

    def close(self) -> list[Choice]:
        """Return the choices that were held back because they might have been another answer."""
        held, self._held = self._held, []
        return held

    def _is_counted(self, choice: Choice) -> bool:
        index = choice.get("index")
        if self._seen >= SURE:
            return bool(index != self._first)
        begins = bool(self._seen) or not choice.get("finish_reason")
        return begins and type(index) is int and index == self._first + self._seen and _has_words(choice)

    def _count(self, choice: Choice) -> list[Choice]:
        self._seen += 1
        self._held.append(choice)
        return [] if self._seen == SURE - 1 else self.close()


def _index(choice: Choice) -> Any:
    index = choice.get("index")
    return int(index) if isinstance(index, str) and len(index) < 9 and index.isdecimal() else index


def _has_words(choice: Choice) -> bool:
    delta = choice.get("delta")
    return isinstance(delta, dict) and bool(delta.get("content")) and not choice.get("error")
