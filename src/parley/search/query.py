"""The words and phrases of a search. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from parley.text import clean

from .words import words

LONGEST_QUERY = 200
"""Characters; the rest is ignored."""
QUOTES = str.maketrans("“”„‟«»", '""""""')

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """Phrases that must all occur, each with its words in a row; if ``open``, the very last word may be a beginning."""

    phrases: tuple[Phrase, ...]
    open: bool = True

    def __bool__(self) -> bool:
        return bool(self.phrases)

    def is_prefix(self, phrase: Phrase) -> bool:
        """Tell whether the last word of this phrase may be the beginning of one."""
        return self.open and phrase is self.phrases[-1]

    def ending_in(self, word: str) -> list[int]:
        """Return the numbers of the phrases whose last word this may be."""
        found, last = self._by_last_word.get(word, []), len(self.phrases) - 1
        may_go_on = bool(self) and self.open and last not in found and word.startswith(self.phrases[last][-1])
        return [*found, last] if may_go_on else found

    @cached_property
    def _by_last_word(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for number, phrase in enumerate(self.phrases):
            numbers.setdefault(phrase[-1], []).append(number)
        return numbers

    def ends_with(self, phrase: Phrase, spoken: Sequence[str]) -> bool:
        """Tell whether these words end with this phrase."""
        *before, last = phrase
        if not spoken or not (spoken[-1] == last or (self.is_prefix(phrase) and spoken[-1].startswith(last))):
            return False
        return list(spoken[-len(phrase) : -1]) == before


def parse(text: str) -> Query:
    """Parse words in any order, and phrases in quotes; words without spaces between them are a phrase too.

    >>> parse('sea "green eyes" e-mail')
    Query(phrases=(('sea',), ('green', 'eyes'), ('e', 'mail')), open=True)
    """
    *closed, rest = unicodedata.normalize("NFC", clean(text[:LONGEST_QUERY])).translate(QUOTES).split('"')
    phrases = [
        phrase for number, part in enumerate([*closed, rest]) for phrase in _phrases(part, quoted=number % 2 == 1)
    ]
    unquoted_end = len(closed) % 2 == 1 or bool(words(rest))
    return Query(tuple(phrases), open=unquoted_end)


def _phrases(part: str, *, quoted: bool) -> Iterator[Phrase]:
    for chunk in [part] if quoted else part.split():
        if phrase := tuple(words(chunk)):
            yield phrase
