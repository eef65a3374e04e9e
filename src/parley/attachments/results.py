"""What a reader returns, and how it refuses. Pure."""

import re
from collections.abc import Callable, Iterable
from itertools import accumulate, islice
from typing import NamedTuple

from parley.text import clean

LONGEST_TEXT = 2_000_000
MAX_BREAKS = 5_000
"""As many as an archive has members; of more parts, none is named, for the last of these would not be the last."""
BETWEEN_PARTS = "\n\n"
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*+\n)*+")


class Refused(Exception):
    """Raised when a file is not read. ``code``: why; ``detail``: the numbers that its sentence needs."""

    def __init__(self, code: str, **detail: int) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class Read(NamedTuple):
    """What was read. ``breaks``: where each part begins; ``files``: name → bytes of a picture.

    ``unread``, ``empty``: how many parts could not be read, and have no text.
    """

    text: str = ""
    breaks: list[int] = []
    notes: list[str] = []
    pages: int | None = None
    width: int | None = None
    height: int | None = None
    picture_type: str = ""
    files: dict[str, bytes] = {}
    detail: dict[str, int] = {}
    unread: int = 0
    empty: int = 0

    def counted(self) -> list[str]:
        """Return notes on how many pages, sheets, slides or chapters could not be read, and have no text.

        >>> Read(empty=2).counted()
        ['empty:2']
        """
        counts = {"unread": self.unread, "empty": self.empty}
        return [f"{code}:{count}" for code, count in counts.items() if count]


def whole(text: str) -> Read:
    """Return a text that has no parts, clean and cut at ``LONGEST_TEXT``. Raises Refused if it is blank.

    >>> whole("one\\r\\ntwo ").text
    'one\\ntwo'
    """
    return in_parts([text])._replace(breaks=[])


def summed(notes: Iterable[str]) -> list[str]:
    """Return each note once, with the sum of its numbers.

    >>> summed(["replaced:1", "guessed:cp1252", "replaced:2"])
    ['replaced:3', 'guessed:cp1252']
    """
    sums: dict[str, int] = {}
    for note in notes:
        code, _, number = note.partition(":")
        key = code if number.isdecimal() else note
        sums[key] = sums.get(key, 0) + int(number if number.isdecimal() else 0)
    return [f"{key}:{number}" if number else key for key, number in sums.items()]


def attempt(read: Callable[[], str]) -> str | BaseException:
    """Return a part, or what was raised in its place. Raises MemoryError."""
    try:
        return read()
    except MemoryError:
        raise
    except BaseException as error:  # Panics of Rust are not even Exceptions.
        return error


def in_parts(parts: Iterable[str | BaseException], blank: str = "blank") -> Read:
    """Join pages, sheets or slides, asking for no more beyond ``LONGEST_TEXT``.

    ``blank``: the code of what is Refused because all are blank. Raises the first error where nothing else was read.

    >>> in_parts(["one", "", "three", ""])[:2]
    ('one\\n\\n\\n\\nthree', [0, 5, 7, 12])
    """
    texts, errors = _read_of(parts)
    text = BETWEEN_PARTS.join(texts).rstrip()
    if not text:
        raise errors[0] if errors else Refused(blank)
    named = texts if len(texts) <= MAX_BREAKS else []
    begins = accumulate((len(each) + len(BETWEEN_PARTS) for each in named), initial=0)
    places = [min(place, len(text)) for place in islice(begins, len(named))]
    notes = ["cut"] * (len(text) > LONGEST_TEXT)
    return Read(text[:LONGEST_TEXT], places, notes, unread=len(errors), empty=texts.count("") - len(errors))


def _read_of(parts: Iterable[str | BaseException]) -> tuple[list[str], list[BaseException]]:
    """Return the text of each part, "" of those that could not be read, and why these could not."""
    texts: list[str] = []
    errors: list[BaseException] = []
    length = 0
    for part in parts:
        errors += [part] if isinstance(part, BaseException) else []
        texts.append("" if isinstance(part, BaseException) else _trimmed(part))
        length += len(texts[-1])
        if length > LONGEST_TEXT:
            break
    return texts, errors


def _trimmed(part: str) -> str:
    return _BLANK_LINES.sub("", clean(part), count=1).rstrip()
