"""Compare what is in a document with what was read of it. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element

from .drawings import kind_of

UNCOUNTED = {"Fallback", "moveFrom", "del"}
"""Elements whose text is there twice, or is deleted."""
FEWEST, SHARE = 5, 0.002
"""Characters, and their share, up to which nothing is said."""
_TAG = re.compile("<[^>]*>")


def missing(root: Element, html: str) -> list[str]:
    """Return a note that says how many letters and digits of a document are not in the HTML made of it, if any."""
    there = _counted("".join(_texts(root)))
    lost = (there - _counted(unescape(_TAG.sub("", html)))).total()
    return [f"missing:{lost}"] * (lost > max(FEWEST, there.total() * SHARE))


def _counted(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, text))


def _texts(element: Element) -> Iterator[str]:
    """Yield the texts in an element, however deep it is."""
    waiting = [element]
    while waiting:
        each = waiting.pop()
        tag = kind_of(each)
        if tag == "t":
            yield each.text or ""
        waiting += each if tag not in UNCOUNTED else []
