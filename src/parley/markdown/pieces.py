"""The top-level elements of a text, and where each begins in its source."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from comrak import ExtensionOptions, ParseOptions, RenderOptions, render_markdown

EXTENSIONS = (
    "strikethrough",
    "table",
    "autolink",
    "tasklist",
    "footnotes",
    "math_dollars",
    "math_latex",
    "cjk_friendly_emphasis",
)
DEEPEST_NESTING = 60
MOST_COLUMNS = 200
MOST_MATHS = 4_000
MOST_TAGS = 30_000
"""And ampersands, which take as long to sanitise."""
_TAG = re.compile(r'<(/?)[a-z][a-z0-9]*(?: data-sourcepos="(\d+):\d+-(\d+):\d+")?[^>]*>')


@dataclass(slots=True)
class Piece:
    html: str
    first_line: int | None
    last_line: int | None


def pieces_of(text: str) -> list[Piece]:
    """One piece, as it was typed, for a text that is made to be slow."""
    pieces = None if _is_made_to_be_slow(text) else _cut(render_markdown(text, *_options()))
    return [Piece(f'<p class="raw">{escape(text)}</p>', None, None)] if pieces is None else pieces


def _is_made_to_be_slow(text: str) -> bool:
    """Whether it opens more maths, or has a table of more columns, than anybody reads; both take seconds."""
    if any(text.count(opener) > MOST_MATHS for opener in ("\\(", "\\[", "$")):
        return True
    return text.count("|") > MOST_COLUMNS and any(line.count("|") > MOST_COLUMNS for line in text.splitlines())


def _cut(html: str) -> list[Piece] | None:
    """Cut at the top-level elements; text between them is raw HTML. None: too deep or too large to be sanitised soon."""
    pieces: list[Piece] = []
    depth = start = 0
    first_line, last_line = None, 0
    if html.count("<") + html.count("&amp;") > MOST_TAGS:
        return None
    for tag in _TAG.finditer(html):
        closing, first, last = tag.groups()
        if depth == 0:
            _add_raw(pieces, html[start : tag.start()])
            start, first_line, last_line = tag.start(), int(first) if first else None, 0
        last_line = max(last_line, int(last or 0))  # comrak's own figure for a list may lack its last lines
        depth += -1 if closing else 0 if tag[0].endswith("/>") else 1
        if depth > DEEPEST_NESTING:
            return None
        if depth == 0:
            pieces.append(Piece(html[start : tag.end()], first_line, last_line or None))
            start = tag.end()
    _add_raw(pieces, html[start:])
    return pieces


def _add_raw(pieces: list[Piece], text: str) -> None:
    if text.strip():
        pieces.append(Piece(f'<p class="raw">{text.strip()}</p>', None, None))


def offset_of(text: str, pieces: list[Piece], index: int) -> int:
    """Where a block begins: at its own line, or, for raw HTML, after the block before it."""
    line = pieces[index].first_line
    before = pieces[index - 1].last_line if index else 0
    if line is None:
        line = 1 if before is None else before + 1
    return _line_start(text, line)


def _line_start(text: str, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = text.find("\n", offset) + 1
        if not offset:
            return len(text)
    return offset


@lru_cache(maxsize=1)
def _options() -> tuple[ExtensionOptions, ParseOptions, RenderOptions]:
    extension, parse, rendering = ExtensionOptions(), ParseOptions(), RenderOptions()
    for name in EXTENSIONS:
        setattr(extension, name, True)
    rendering.escape = rendering.sourcepos = True
    return extension, parse, rendering
