"""The part of a text in which words were found, as safe HTML."""

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .query import Query
from .words import LONGEST_TEXT, places

LENGTH = 240
BEFORE = 60
"""Characters that are shown before the first word found, at most."""
MAX_HITS = 100
MARKUP = re.compile(r"\*\*|`+|^#+ ", re.MULTILINE)

Hit = tuple[int, int, int]
"""(begin, end, number of the phrase)."""


def snippet(text: str, query: Query) -> SafeString:
    """Return the part of a text in which most of the query is found, with <mark>; where nothing is, its beginning.

    >>> snippet("The **green** sea & I", Query((("sea",),)))
    'The green <mark>sea</mark> &amp; I'
    """
    hits = list(islice(_hits(text, query), MAX_HITS))
    begin = _begin(text, _best(hits)) if hits else 0
    end = _end(text, begin)
    shown = _marked(text, begin, end, [(start, stop) for start, stop, _ in hits])
    return mark_safe("".join(["… " * (begin > 0), shown.strip(), " …" * (end < len(text))]))


def place_of(text: str, query: Query) -> tuple[int, int]:
    """Return (begin, end) of the first words that ``snippet`` marks in a text; (0, 0) where nothing is found."""
    hits = list(islice(_hits(text, query), MAX_HITS))
    begin = _best(hits) if hits else 0
    return begin, max((end for start, end, _ in hits if start == begin), default=0)


def marked(text: str, query: Query) -> SafeString:
    """Return the whole text with <mark>."""
    return mark_safe(_marked(text, 0, len(text), [(start, stop) for start, stop, _ in _hits(text, query)]))


def _hits(text: str, query: Query) -> Iterator[Hit]:
    longest = max(map(len, query.phrases), default=1)
    recent: deque[tuple[str, int, int]] = deque(maxlen=longest)
    for position in places(text[:LONGEST_TEXT]):
        recent.append(position)
        for number in query.ending_in(position[0]):
            phrase = query.phrases[number]
            if query.ends_with(phrase, [word for word, _, _ in recent]):
                yield recent[-len(phrase)][1], position[2], number


def _best(hits: list[Hit]) -> int:
    """Return where the first window begins that has the most different phrases."""

    def different(first: int) -> int:
        start = hits[first][0]
        return len({number for begin, end, number in hits[first:] if end <= start + LENGTH - BEFORE})

    return hits[max(range(len(hits)), key=lambda first: (different(first), -first))][0]


def _begin(text: str, hit: int) -> int:
    if hit <= BEFORE:
        return 0
    space = re.search(r"\s", text[hit - BEFORE : hit])
    return hit - BEFORE + space.end() if space else hit


def _end(text: str, begin: int) -> int:
    if len(text) <= begin + LENGTH:
        return len(text)
    whole_words = text[begin : begin + LENGTH].rsplit(None, 1)[0]
    return begin + max(len(whole_words), LENGTH // 2)


def _marked(text: str, begin: int, end: int, hits: list[tuple[int, int]]) -> str:
    pieces, at = [], begin
    for start, stop in sorted(hits):
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            pieces += [_escaped(text[at:start]), "<mark>", _escaped(text[start:stop]), "</mark>"]
            at = stop
    return "".join([*pieces, _escaped(text[at:end])])


def _escaped(text: str) -> str:
    """Return HTML in one line, without the most frequent marks of Markdown."""
    return escape(re.sub(r"\s+", " ", MARKUP.sub("", text)))
