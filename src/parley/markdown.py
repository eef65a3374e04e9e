"""Markdown → safe HTML, as a list of top-level blocks. Pure.

Every block is exactly one element, so the n-th block of a text is the n-th child of what shows it.
Source of the syntax: GitHub Flavored Markdown; raw HTML is shown as text.
"""

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from io import StringIO

import nh3
from comrak import ExtensionOptions, ParseOptions, RenderOptions, render_markdown
from math_core import LatexError, LatexToMathML
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

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
MOST_TAGS = 50_000
LONGEST_HIGHLIGHTED = 50_000
LONGEST_MATHS = 2_000
HIGHLIGHTING_TIME = 0.5
"""Seconds of the processor for one block of code."""

_TAG = re.compile(r'<(/?)[a-z][a-z0-9]*(?: data-sourcepos="(\d+):\d+-(\d+):\d+")?[^>]*>')
_PLAIN = re.compile(r'<p(?: data-sourcepos="[^"]*")?>([^<]*)</p>')
_FENCE = re.compile(r'<pre[^>]*><code class="language-([^"]*)">(.*?)</code></pre>', re.DOTALL)
_IMAGE_OR_LINK = re.compile(r'<img[^>]*? src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"[^>]*/>|<(?P<link>/?a)\b[^>]*>')
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)
_MATHS = re.compile(r'<span data-math-style="(inline|display)"[^>]*>([^<]*)</span>')
_NUMBERED = re.compile(r"\{(align|gather|equation)\}")
_BACK_REFERENCE = re.compile(r' <a href="#fnref[^>]*>.*?</a>')
_FRAGMENT = re.compile(r' href="#[^"]*"')
_TASK = re.compile(r'<input type="checkbox"( checked="")? disabled="" />')
_TRAILING_CLOSERS = re.compile(r"(?:</[a-z][a-z0-9]*>\s*)+$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """``finished``: HTML of the blocks that can no longer change; ``opened``: of those that still may.

    ``offset``: where the source of the opened blocks begins.
    """

    finished: list[str]
    opened: list[str]
    offset: int


@dataclass(slots=True)
class _Piece:
    html: str
    first_line: int | None
    last_line: int | None


def render(text: str) -> list[str]:
    """All blocks of a whole text, code highlighted."""
    return [_finish(piece.html) for piece in _pieces(text)]


def parse_open(text: str) -> Parsed:
    """The blocks of a text that is still being written.

    A block is finished when a whole line of another block follows: "3" ends a list, "3." continues it.
    """
    pieces = _pieces(text)
    count = max(0, len(pieces) - 1)
    while count and "\n" not in text[_offset(text, pieces, count) :]:
        count -= 1
    finished, opened = pieces[:count], pieces[count:]
    return Parsed(
        [_finish(piece.html) for piece in finished],
        [_clean(piece.html) for piece in opened],
        _offset(text, pieces, count) if count else 0,
    )


def render_plain(text: str) -> list[str]:
    """Paragraphs as they were typed, for text that is not Markdown."""
    return [f'<p class="raw">{escape(paragraph)}</p>' for paragraph in text.split("\n\n") if paragraph]


def parse_open_plain(text: str) -> Parsed:
    """As ``parse_open``, for ``render_plain``."""
    finished, break_, opened = text.rpartition("\n\n")
    return Parsed(render_plain(finished), render_plain(opened), len(finished + break_))


def wire(html: str) -> str:
    """A block without its trailing closing tags, which the HTML parser adds again."""
    return _TRAILING_CLOSERS.sub("", html)


def closed(wire_html: str) -> str:
    """A block of ``wire`` as HTML again."""
    return _cleaner().clean(wire_html)


def _pieces(text: str) -> list[_Piece]:
    pieces = None if _is_made_to_be_slow(text) else _cut(render_markdown(text, *_options()))
    return [_Piece(f'<p class="raw">{escape(text)}</p>', None, None)] if pieces is None else pieces


def _is_made_to_be_slow(text: str) -> bool:
    """Whether it opens more maths, or has a table of more columns, than anybody reads; both take seconds."""
    if any(text.count(opener) > MOST_MATHS for opener in ("\\(", "\\[", "$")):
        return True
    return text.count("|") > MOST_COLUMNS and any(line.count("|") > MOST_COLUMNS for line in text.splitlines())


def _cut(html: str) -> list[_Piece] | None:
    """Cut at the top-level elements; text between them is raw HTML. None: too deep or too large to be sanitised soon."""
    pieces: list[_Piece] = []
    depth = start = 0
    first_line, last_line = None, 0
    if html.count("<") > MOST_TAGS:
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
            pieces.append(_Piece(html[start : tag.end()], first_line, last_line or None))
            start = tag.end()
    _add_raw(pieces, html[start:])
    return pieces


def _add_raw(pieces: list[_Piece], text: str) -> None:
    if text.strip():
        pieces.append(_Piece(f'<p class="raw">{text.strip()}</p>', None, None))


def _offset(text: str, pieces: list[_Piece], index: int) -> int:
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


def _finish(html: str) -> str:
    return _clean(_FENCE.sub(_highlighted, html) if "<pre" in html else html)


def _clean(html: str) -> str:
    plain = _PLAIN.fullmatch(html)
    if plain:
        return f"<p>{plain[1]}</p>"
    if "<img" in html:
        html = _without_images(html)
    if "data-math-style" in html:
        html = _MATHS.sub(_mathml, html)
    if 'href="#' in html:
        html = _FRAGMENT.sub("", _BACK_REFERENCE.sub("", html))
    if "<input" in html:
        html = _TASK.sub(lambda task: f'<span class="task">{"☑" if task[1] else "☐"}</span>', html)
    return _cleaner().clean(html)


def _without_images(html: str) -> str:
    """With a link in the place of each image, which the page may load when it is clicked; in a link, with its words."""
    linked = False

    def words(found: re.Match[str]) -> str:
        nonlocal linked
        if found["link"]:
            linked = found["link"] == "a"
            return found[0]
        alt = found["alt"].strip() or found["src"]
        return alt if linked else f'<a class="image" href="{found["src"]}"{_origin(found["src"])}>{alt}</a>'

    return _IMAGE_OR_LINK.sub(words, html)


def _origin(address: str) -> str:
    """Where an image comes from, as a title: who clicks it should know whom they ask."""
    found = _HOST.match(address)
    return f' title="{found[1]}"' if found else ""


def _mathml(maths: re.Match[str]) -> str:
    """MathML, or the source where it is not LaTeX that we know."""
    source = unescape(maths[2])
    try:
        if len(source) <= LONGEST_MATHS:
            latex = _NUMBERED.sub(r"{\1*}", source)
            return _latex().convert_with_local_state(latex, displaystyle=maths[1] == "display")
    except LatexError:
        pass
    return f"<code>{escape(source)}</code>"


@lru_cache(maxsize=1)
def _latex() -> LatexToMathML:
    return LatexToMathML(fancy_error=False, max_expansions=100)


def _highlighted(fence: re.Match[str]) -> str:
    language, code = unescape(fence[1]), unescape(fence[2])
    lexer = _lexer(language)
    spans = _spans(lexer, code) if lexer and len(code) <= LONGEST_HIGHLIGHTED else None
    if spans is None:
        spans = fence[2]
    return f'<pre data-language="{escape(language)}"><code>{spans}</code></pre>'


def _spans(lexer: Lexer, code: str) -> str | None:
    """The code as spans; None when it takes too long, as code made to be slow does."""
    deadline, tokens = time.thread_time() + HIGHLIGHTING_TIME, []
    for token in lexer.get_tokens(code):
        tokens.append(token)
        if time.thread_time() > deadline:
            return None
    spans = StringIO()
    _FORMATTER.format(tokens, spans)
    return spans.getvalue()


_FORMATTER = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=200)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _options() -> tuple[ExtensionOptions, ParseOptions, RenderOptions]:
    extension, parse, rendering = ExtensionOptions(), ParseOptions(), RenderOptions()
    for name in EXTENSIONS:
        setattr(extension, name, True)
    rendering.escape = rendering.sourcepos = True
    return extension, parse, rendering


TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "section", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
MATHS_TAGS = {
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot",
    "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
}  # fmt: skip
MATHS_ATTRIBUTES = {
    "accent", "accentunder", "columnspan", "depth", "display", "displaystyle", "fence", "form", "height", "largeop",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspan", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}, "pre": {"data-language"},
    **dict.fromkeys(MATHS_TAGS, MATHS_ATTRIBUTES),
}  # fmt: skip
CLASSES = {
    "a": {"image"},
    "span": {"task", *filter(None, STANDARD_TYPES.values())},
    "p": {"raw"},
    "section": {"footnotes"},
}


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    """The allow-list: no id, no style, nothing that loads, submits, or that Turbo or Stimulus would act on."""
    return nh3.Cleaner(
        tags=TAGS | MATHS_TAGS,
        clean_content_tags=set(),
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes={"http", "https", "mailto"},
        url_relative="pass_through",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
