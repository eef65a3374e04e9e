"""Blocks that would take the renderer too long, found before it sees them.

comrak searches the rest of a paragraph for the end of each formula, and takes the square of the columns for a table;
one character is 60 of HTML as a level of quotation, and 80 as a reference to a footnote. All else that was measured is
linear, and quick.
"""

import re
from collections.abc import Iterable, Iterator

from .cutting import DEEPEST_NESTING, cut, html_of

MAX_COLUMNS = 200
LONGEST_SEARCH = 10_000_000
"""Characters of a paragraph times the formulas in it: 4 ms."""
MAX_FOOTNOTES = 1_000
"""References to them in a paragraph."""
_TABLE_RULE = re.compile(r"[\s>*+\d.)|:-]*")
_DEEP = re.compile(rf"^((?:[ \t]*>){{{DEEPEST_NESTING + 1}}})[^\n]*")
_CODE = re.compile(r'<pre data-sourcepos="(\d+):\d+-(\d+):')


def without_slow_blocks(text: str) -> tuple[str, dict[int, range]]:
    """Put an empty heading in the place of each slow top-level block.

    Return (text, {line of the heading: lines of the block}). Lines keep their numbers, from 1. Code is never slow.

    >>> text, slow = without_slow_blocks("One\\n\\n" + 61 * ">" + "deep\\n")
    >>> text, slow
    ('One\\n\\n#\\n', {3: range(3, 4)})
    """
    if not _slow_lines(text):
        return text, {}
    lines = text.split("\n")
    blocks, code = _outline(text)
    suspects = _slow_lines("\n".join("" if number in code else line for number, line in enumerate(lines, 1)))
    return _replaced(lines, _blocks_of(suspects, blocks))


def _slow_lines(text: str) -> list[int]:
    """Return the numbers of the lines that make a block slow."""
    slow: set[int] = set()
    if text.count("|") > MAX_COLUMNS or text.count(">") > DEEPEST_NESTING:
        slow.update(number for number, line in enumerate(text.split("\n"), 1) if _is_slow(line))
    if _is_slow_paragraph(text):
        slow.update(_slow_paragraphs(text))
    return sorted(slow)


def _is_slow(line: str) -> bool:
    return bool(line.count("|") > MAX_COLUMNS and _TABLE_RULE.fullmatch(line)) or bool(_DEEP.match(line))


def _is_slow_paragraph(text: str) -> bool:
    formulas = text.count("\\(") + text.count("\\[")
    return len(text) * formulas > LONGEST_SEARCH or text.count("[^") > MAX_FOOTNOTES


def _slow_paragraphs(text: str) -> Iterator[int]:
    number = 1
    for paragraph in text.split("\n\n"):
        following = number + paragraph.count("\n") + 2
        if _is_slow_paragraph(paragraph):
            yield from range(number, following - 1)
        number = following


def _outline(text: str) -> tuple[list[range], set[int]]:
    """Return (lines of each top-level block, lines of code), by rendering without what is slow."""
    html = html_of("\n".join(_DEEP.sub(r"\1", line) for line in text.split("\n")))
    blocks = [
        range(rendered.first_line, rendered.last_line + 1)
        for rendered in cut(html)
        if rendered.first_line and rendered.last_line
    ]
    return blocks, {line for code in _CODE.finditer(html) for line in range(int(code[1]), int(code[2]) + 1)}


def _blocks_of(lines: Iterable[int], blocks: list[range]) -> list[range]:
    """Return the blocks that these lines are in; a line in none, as of raw HTML, is one by itself."""
    found: list[range] = []
    left = iter(blocks)
    block = next(left, None)
    for line in lines:
        while block and block.stop <= line:
            block = next(left, None)
        if not found or line not in found[-1]:
            found.append(block if block and line in block else range(line, line + 1))
    return found


def _replaced(lines: list[str], blocks: list[range]) -> tuple[str, dict[int, range]]:
    """Replace blocks by empty headings, which need one line and join no block before or after them."""
    for block in blocks:
        lines[block.start - 1 : block.stop - 1] = ["#", *[""] * (len(block) - 1)]
    return "\n".join(lines), {block.start: block for block in blocks}
