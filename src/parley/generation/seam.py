"""Joins an answer that broke off with its continuation, without what the model repeats there. Pure."""

import re

from .reasoning import ReasoningSplitter

LONGEST_REPETITION = 400
"""Characters at the end of the text that a continuation may repeat."""
SHORTEST_REPETITION, FEWEST_LETTERS = 8, 5
"""Characters, and different letters among them: rows of a table, indents and "ha ha" may well occur twice."""
LEAD_IN = " \t\r\n…."
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)(\n|\Z)", re.MULTILINE)
MARKDOWN = ("", "md", "markdown")
"""Languages of code blocks in which other blocks may begin."""


def repeated(before: str, after: str) -> int:
    """Return how many characters at the beginning of ``after`` only repeat the end of ``before``.

    >>> repeated("The quick brown fo", "…quick brown fox jumps")
    15
    """
    begun, tail = after.lstrip(LEAD_IN), before[-LONGEST_REPETITION:]
    for length in range(min(len(tail), len(begun)), SHORTEST_REPETITION - 1, -1):
        if tail.endswith(begun[:length]):
            end = len(after) - len(begun) + length
            letters = set(filter(str.isalpha, begun[:length]))
            meant = len(letters) < FEWEST_LETTERS or _may_be_meant(tail, begun[:length], after)
            return 0 if meant else end
    return 0


def _may_be_meant(tail: str, words: str, after: str) -> bool:
    """Return whether a text may go on with its own last words, as tables, lists, data and refrains do."""
    lead, _, rest = after.partition(words)
    if "." in lead or "…" in lead or (tail[-1].isalnum() and after[0].isalnum()):
        return False
    return _comes_twice(tail, words) or _is_line(tail, words, lead, rest)


def _comes_twice(tail: str, words: str) -> bool:
    return tail.find(words) < len(tail) - len(words) or (words + words).find(words, 1) < len(words)


def _is_line(tail: str, words: str, lead: str, rest: str) -> bool:
    first = tail.removesuffix(words).rstrip(" \t")[-1:] in ("", "\n")
    parted = words.endswith("\n") or ("\n" in lead and rest[:1] in ("", "\n"))
    return first and parted and "\n" not in words.rstrip("\n")


def may_repeat(before: str, after: str) -> bool:
    """Return whether ``after`` could still become a repetition when more of it arrives.

    >>> may_repeat("The quick brown fo", "quick br"), may_repeat("The quick brown fo", "x jumps")
    (True, False)
    """
    begun = after.lstrip(LEAD_IN)
    return len(after) < LONGEST_REPETITION and begun in before[-LONGEST_REPETITION:]


def open_fence(before: str) -> str:
    """Return the line that opened the code block in which a text ends; "" for none, or one of Markdown.

    >>> open_fence("So:\\n```python\\nx = 1")
    '```python\\n'
    """
    mark = language = ""
    for fence in _FENCE.finditer(before):
        if not mark:
            mark, language = fence[1] if fence[3] else "", fence[2].strip()
        elif fence[1].startswith(mark) and not fence[2].strip():
            mark = ""
    return f"{mark}{language}\n" if mark and language not in MARKDOWN else ""


class Seam:
    """Passes the rest of an answer on to ``then``, from where it says something new.

    ``before``: the whole text that the model continues.
    """

    def __init__(self, before: str, then: ReasoningSplitter) -> None:
        self._before, self._then = before[-LONGEST_REPETITION:], then
        self._fence = open_fence(before)
        self._held, self._sewn = "", False

    def add(self, piece: str) -> None:
        """Take the next piece of the continuation, cut anywhere."""
        if self._sewn:
            self._then.add(piece)
            return
        self._held += piece
        begun = self._held.lstrip("\n")
        if not self._fence.startswith(begun) and not may_repeat(self._before, self._without_fence()):
            self._sew()

    def close(self) -> None:
        """Pass on what was held back: the stream is over."""
        if not self._sewn:
            self._sew()
        self._then.close()

    def _without_fence(self) -> str:
        """Return the held text without the line that opens the code block again, which is still open."""
        begun = self._held.lstrip("\n")
        return begun.removeprefix(self._fence) if self._fence and begun.startswith(self._fence) else self._held

    def _sew(self) -> None:
        rest = self._without_fence()
        self._held, self._sewn = "", True
        self._then.add(rest[repeated(self._before, rest) :])
