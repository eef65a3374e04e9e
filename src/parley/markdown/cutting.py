"""The top-level elements of comrak's HTML, and their lines in the source."""

import re
from dataclasses import dataclass

DEEPEST_NESTING = 60
_TAG = re.compile(
    r'<(/?)[a-z][a-z0-9]*(?: class="markdown-alert[^"]*")?(?: data-sourcepos="(\d+):\d+-(\d+):\d+")?[^>]*>'
)


@dataclass(slots=True)
class Piece:
    """One element; raw HTML of the source is text between elements, of which comrak does not tell the lines."""

    html: str
    first_line: int | None
    last_line: int | None
    too_deep: bool = False


def cut(html: str) -> list[Piece]:
    """Cut at the top-level elements; text between them is raw HTML."""
    pieces: list[Piece] = []
    depth = deepest = start = 0
    first_line, last_line = None, 0
    for tag in _TAG.finditer(html):
        closing, first, last = tag.groups()
        if depth == 0:
            _add_raw(pieces, html[start : tag.start()])
            start, first_line, last_line, deepest = tag.start(), int(first) if first else None, 0, 0
        last_line = max(last_line, int(last or 0))  # comrak's own figure for a list may lack its last lines
        depth += -1 if closing else 0 if tag[0].endswith("/>") else 1
        deepest = max(deepest, depth)
        if depth == 0:
            element = html[start : tag.end()]
            pieces.append(Piece(element, first_line, last_line or None, deepest > DEEPEST_NESTING))
            start = tag.end()
    _add_raw(pieces, html[start:])
    return pieces


def _add_raw(pieces: list[Piece], text: str) -> None:
    if text.strip():
        pieces.append(Piece(f'<p class="raw">{text.strip()}</p>', None, None))
