"""Whether English is left where German is asked for."""

import re
from collections.abc import Iterable
from functools import lru_cache

from tests.support.texts import PLACEHOLDER, ROOMS, catalogue, entries


@lru_cache
def _english() -> list[re.Pattern[str]]:
    """Every text of the catalogues that is another one in German."""
    known = {text: german for room in ROOMS for text, german in entries(catalogue(room)).items()}
    pairs = [
        (words, german) for (_, one, many), found in known.items() for words in (one, many) if words for german in found
    ]
    return [re.compile(_pattern(words)) for words, german in pairs if words != german]


def _pattern(words: str) -> str:
    parts = (re.escape(part) for part in PLACEHOLDER.split(words.replace("%%", "%")))
    return r".+?".join(parts)


def english_left(words: Iterable[str]) -> list[str]:
    """Those of the words that are one of the product's own English texts."""
    return [text for text in words if any(pattern.fullmatch(text) for pattern in _english())]
