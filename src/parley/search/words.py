"""Words of a text, and which of them count as the same; the indexes of the databases follow these functions. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

LONGEST_TEXT = 100_000
"""Characters of a message that are read; nothing after them is found."""

UNSPACED = (
    (0x0E01, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Scripts without spaces between words (Thai to Han), as ranges: there, every character is a word."""
PLANES = 0x20000
"""Code points from here on are all in UNSPACED."""
ACCENTS = "".join(map(chr, [*range(0x300, 0x305), *range(0x306, 0x30D), 0x30F, 0x311, 0x31B,
                            *range(0x323, 0x329), 0x32D, 0x32E, 0x330, 0x331]))  # fmt: skip
"""Combining marks that are ignored, after any letter."""
VARIANTS = dict(zip("µſςϐϑϕϖϰϱϵẛ", "μsσβθφπκρεṡ", strict=True))
"""Small letters that count as others."""


def words(text: str) -> list[str]:
    """Return the words of a text, as they are compared.

    >>> words("Über Straße 3, 北京")
    ['uber', 'straße', '3', '北', '京']
    """
    return [word for word, _, _ in places(text[:LONGEST_TEXT])]


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """Give each word as it is compared, with its begin and end in the text."""
    for found in _pattern().finditer(text):
        if word := found[0].lower() if found[0].isascii() else found[0].translate(_FOLDED):
            yield word, *found.span()


@lru_cache(maxsize=1)
def unspaced() -> str:
    """Return the characters that are words by themselves, as ranges for a regular expression."""
    alone, above = _in_unspaced(), [range(first, last + 1) for first, last in UNSPACED if first >= PLANES]
    return _ranges(chain((code for code in _codes() if code in alone), *above))


@lru_cache(maxsize=1)
def letters() -> str:
    """Return all other characters of words, as ranges for a regular expression."""
    alone = _in_unspaced()
    return _ranges(code for code in _codes() if code not in alone)


def _in_unspaced() -> set[int]:
    return {code for first, last in UNSPACED for code in range(first, min(last + 1, PLANES))}


def _codes() -> Iterator[int]:
    """Give the code points of words: letters, marks, numbers, and those for private use."""
    return (code for code, kind in enumerate(_kinds()) if kind[0] in "LMN" or kind == "Co")


@lru_cache(maxsize=1)
def signs() -> str:
    """Return the characters between words, and those that will become emoji, each once."""
    emoji = range(0x1F000, 0x1FB00)
    kinds = enumerate(_kinds())
    apart = (code for code, kind in kinds if kind[0] in "PSZ" or kind == "Cf" or (kind == "Cn" and code in emoji))
    return "".join(chr(code) for code in apart if code >= 0x80)


@lru_cache(maxsize=1)
def _kinds() -> list[str]:
    """Return the Unicode category of each code point below PLANES."""
    return [unicodedata.category(chr(code)) for code in range(PLANES)]


def _ranges(codes: Iterable[int]) -> str:
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile(f"[{unspaced()}]|[{letters()}]+")


class _Folded(dict[int, str]):
    """{code point: small, and if Latin without its accent}, filled when it is asked for."""

    def __missing__(self, code: int) -> str:
        self[code] = _fold(chr(code))
        return self[code]


def _fold(character: str) -> str:
    if character in ACCENTS:
        return ""
    apart = unicodedata.normalize("NFD", character)
    base, marks = apart[0], apart[1:]
    if marks and base.isascii() and base.isalpha() and all(map(unicodedata.combining, marks)):
        character = base
    small = character.lower()
    return VARIANTS.get(small, small) if len(small) == 1 else character


_FOLDED = _Folded()
