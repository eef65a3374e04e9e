"""Cutting comrak's HTML into its top-level elements, with their lines in the source."""

import re
from dataclasses import dataclass
from functools import lru_cache

from comrak import ExtensionOptions, ParseOptions, RenderOptions, render_markdown

DEEPEST_NESTING = 60
_TAG = re.compile(
    r'<(/?)[a-z][a-z0-9]*(?: class="markdown-alert[^"]*")?(?: data-sourcepos="(\d+):\d+-(\d+):\d+")?[^>]*>'
)


@dataclass(slots=True)
class Block:
    """One element with its lines, from 1; raw HTML is text between elements, whose lines comrak does not tell."""

    html: str
    first_line: int | None
    last_line: int | None
    too_deep: bool = False


def html_of(text: str, extensions: tuple[str, ...] = ()) -> str:
    """Render Markdown with these extensions of comrak's, with the lines of each element as ``data-sourcepos``."""
    return str(render_markdown(text, *_options(extensions)))


@lru_cache(maxsize=4)
def _options(extensions: tuple[str, ...]) -> tuple[ExtensionOptions, ParseOptions, RenderOptions]:
    extension, rendering = ExtensionOptions(), RenderOptions()
    for name in extensions:
        setattr(extension, name, True)
    rendering.escape = rendering.sourcepos = True
    return extension, ParseOptions(), rendering


def cut(html: str) -> list[Block]:
    """Cut at the top-level elements; text between them is raw HTML, and becomes a paragraph."""
    blocks: list[Block] = []
    depth = deepest = start = 0
    first_line, last_line = None, 0
    for tag in _TAG.finditer(html):
        closing, first, last = tag.groups()
        if depth == 0:
            _add_raw(blocks, html[start : tag.start()])
            start, first_line, last_line, deepest = tag.start(), int(first) if first else None, 0, 0
        last_line = max(last_line, int(last or 0))  # comrak's own figure for a list may lack its last lines
        depth += -1 if closing else 0 if tag[0].endswith("/>") else 1
        deepest = max(deepest, depth)
        if depth == 0:
            element = html[start : tag.end()]
            blocks.append(Block(element, first_line, last_line or None, deepest > DEEPEST_NESTING))
            start = tag.end()
    _add_raw(blocks, html[start:])
    return blocks


def _add_raw(blocks: list[Block], text: str) -> None:
    if text.strip():
        blocks.append(Block(f'<p class="raw">{text.strip()}</p>', None, None))
