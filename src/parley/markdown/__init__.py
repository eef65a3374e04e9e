"""Rendering Markdown as safe HTML, a list of top-level blocks. Pure.

Every block is exactly one element, so the n-th block of a text is the n-th child of the element that shows it.
The syntax is GitHub Flavored Markdown; raw HTML is shown as text.
"""

import re
from dataclasses import dataclass
from html import escape

from .blocks import blocks_of, offset_of
from .cleaning import clean, sanitised
from .cutting import Block
from .highlighting import Highlighter
from .maths import with_blocks_of_maths

_CLOSER = re.compile(r"</[a-z][a-z0-9]*>(?!\s+</code>)\s*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """HTML of the blocks that can no longer change, and of those that still may.

    ``offset``: where the source of the opened blocks begins, in characters.
    """

    finished: list[str]
    opened: list[str]
    offset: int


def render(text: str) -> list[str]:
    """Render all blocks of a whole text, with code highlighted.

    >>> render("# A *title*\\n\\n1 < 2")
    ['<h1>A <em>title</em></h1>', '<p>1 &lt; 2</p>']
    """
    return _finish(blocks_of(text))


def parse_open(text: str) -> Parsed:
    """Render the blocks of a text that is still being written.

    A block is finished when a whole line of another one follows: the line "3" ends a list, "3." continues it.

    >>> parse_open("One\\n\\nTwo\\n")
    Parsed(finished=['<p>One</p>'], opened=['<p>Two</p>'], offset=5)
    """
    blocks = blocks_of(text)
    count = max(0, len(blocks) - 1)
    while count and "\n" not in text[offset_of(text, blocks, count) :]:
        count -= 1
    opened = [clean(block.html) for block in blocks[count:]]
    return Parsed(_finish(blocks[:count]), opened, offset_of(text, blocks, count) if count else 0)


def render_plain(text: str) -> list[str]:
    """Render paragraphs as they were typed, for text that is not Markdown.

    >>> render_plain("*One*\\n\\nTwo")
    ['<p class="raw">*One*</p>', '<p class="raw">Two</p>']
    """
    return _paragraphs(text.split("\n\n"))


def parse_open_plain(text: str) -> Parsed:
    """Do for ``render_plain`` what ``parse_open`` does for ``render``."""
    *finished, opened = text.split("\n\n")
    return Parsed(_paragraphs(finished), _paragraphs([opened]), len(text) - len(opened))


def _paragraphs(texts: list[str]) -> list[str]:
    return [f'<p class="raw">{escape(text)}</p>' for text in texts if text.strip()]


def wire(html: str) -> str:
    """Cut off the closing tags at the end of a block, which the HTML parser adds again.

    >>> wire("<ul><li>One</li></ul>")
    '<ul><li>One'
    """
    end = len(html)
    while (start := html.rfind("</", 0, end)) >= 0 and (closer := _CLOSER.match(html, start)) and closer.end() == end:
        end = start
    return html[:end]


def closed(wire_html: str) -> str:
    """Turn a block of ``wire`` into HTML again."""
    return sanitised(wire_html)


def _finish(blocks: list[Block]) -> list[str]:
    highlighter = Highlighter()
    return [_as_sent(clean(highlighter.highlighted(with_blocks_of_maths(block.html)))) for block in blocks]


def _as_sent(html: str) -> str:
    """Remove the line breaks between the closing tags at the end, which the HTML parser does not add again."""
    sent = wire(html)
    return sent + "".join(html[len(sent) :].split())
