"""The top-level elements of a text, and their places in its source."""

import re
from html import escape

from .cutting import Block, cut, html_of
from .maths import with_marked_maths, without_marks
from .nesting import with_nested_fences
from .slow_blocks import without_slow_blocks
from .tags import grouped, with_marked_tags, with_tags

EXTENSIONS = (
    "strikethrough",
    "table",
    "autolink",
    "tasklist",
    "footnotes",
    "math_dollars",
    "math_latex",
    "cjk_friendly_emphasis",
    "alerts",
)
MAX_TAGS = 20_000
"""Tags and entities of a block, which take 40 ms to sanitise; code is sanitised apart."""
_CODE = re.compile(r"(<pre[^>]*><code[^>]*>)[^<]*")


def blocks_of(text: str) -> list[Block]:
    """Return a piece for each top-level block; one that would take too long is a paragraph as it was typed."""
    quick, slow = without_slow_blocks(with_nested_fences(text))
    blocks = cut(html_of(with_marked_tags(with_marked_maths(quick)), EXTENSIONS))
    lines = text.split("\n")
    return [_quick(rendered, lines, slow) for rendered in grouped(blocks)]


def _quick(rendered: Block, lines: list[str], slow: dict[int, range]) -> Block:
    rendered.html = with_tags(without_marks(rendered.html))
    if rendered.first_line is None or rendered.last_line is None:
        return rendered
    if rendered.first_line in slow:
        return _as_typed(lines, slow[rendered.first_line])
    if rendered.too_deep or _is_too_large(rendered.html):
        return _as_typed(lines, range(rendered.first_line, rendered.last_line + 1))
    return rendered


def _is_too_large(html: str) -> bool:
    if len(html) <= MAX_TAGS:
        return False
    html = _CODE.sub(r"\1", html)
    return html.count("<") + html.count("&") > MAX_TAGS


def _as_typed(lines: list[str], block: range) -> Block:
    source = "\n".join(lines[block.start - 1 : block.stop - 1]).strip("\n")
    return Block(f'<p class="raw">{escape(source)}</p>', block.start, block.stop - 1)


def offset_of(text: str, blocks: list[Block], index: int) -> int:
    """Return where a block begins, in characters: at its own line, or for raw HTML after the block before it."""
    line = blocks[index].first_line
    before = blocks[index - 1].last_line if index else 0
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
