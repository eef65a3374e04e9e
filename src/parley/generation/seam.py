"""Where an answer that broke off is gone on with: what the model says again there is not kept twice. Pure."""

from typing import Protocol

LONGEST_REPETITION = 400
"""Characters at the end of the text in which a repetition is looked for."""
SHORTEST_REPETITION, FEWEST_LETTERS = 8, 5
"""Characters, and different letters among them: rows of a table, indents and "ha ha" may well come twice."""
LEAD_IN = " \t\r\n…."


def repeated(before: str, after: str) -> int:
    """How many characters at the beginning of ``after`` only say the end of ``before`` again.

    >>> repeated("The quick brown fo", "…quick brown fox jumps")
    15
    """
    begun, tail = after.lstrip(LEAD_IN), before[-LONGEST_REPETITION:]
    for length in range(min(len(tail), len(begun)), SHORTEST_REPETITION - 1, -1):
        if tail.endswith(begun[:length]):
            end = len(after) - len(begun) + length
            meant = not _is_telling(begun[:length]) or _may_be_meant(tail, begun[:length], after)
            return 0 if meant else end
    return 0


def _may_be_meant(tail: str, words: str, after: str) -> bool:
    """Whether a text may go on with its own last words, as tables, lists, data and refrains do."""
    lead, _, rest = after.partition(words)
    if "." in lead or "…" in lead or (tail[-1].isalnum() and after[0].isalnum()):
        return False
    return _comes_twice(tail, words) or _is_line(tail, words, lead, rest)


def _comes_twice(tail: str, words: str) -> bool:
    return tail.find(words) < len(tail) - len(words) or (words + words).find(words, 1) < len(words)


def _is_line(tail: str, words: str, lead: str, rest: str) -> bool:
    """Whether the words are one line, in both."""
    first = tail.removesuffix(words).rstrip(" \t")[-1:] in ("", "\n")
    parted = words.endswith("\n") or ("\n" in lead and rest[:1] in ("", "\n"))
    return first and parted and "\n" not in words.rstrip("\n")


def may_repeat(before: str, after: str) -> bool:
    """Whether ``after`` could still become a repetition when more of it comes."""
    begun = after.lstrip(LEAD_IN)
    return len(after) < LONGEST_REPETITION and begun in before[-LONGEST_REPETITION:]


def _is_telling(words: str) -> bool:
    return len(set(filter(str.isalpha, words))) >= FEWEST_LETTERS


class Pieces(Protocol):
    """What takes an answer in pieces."""

    def add(self, piece: str) -> None: ...
    def close(self) -> None: ...


class Seam:
    """Passes an answer's rest on to ``then``, from where it begins to say something new."""

    def __init__(self, before: str, then: Pieces) -> None:
        self._before, self._then = before[-LONGEST_REPETITION:], then
        self._held, self._sewn = "", False

    def add(self, piece: str) -> None:
        if self._sewn:
            self._then.add(piece)
            return
        self._held += piece
        if not may_repeat(self._before, self._held):
            self._sew()

    def close(self) -> None:
        if not self._sewn:
            self._sew()
        self._then.close()

    def _sew(self) -> None:
        held, self._held, self._sewn = self._held, "", True
        self._then.add(held[repeated(self._before, held) :])
