"""Code as coloured spans."""

import re
import time
from functools import lru_cache
from html import escape, unescape
from io import StringIO

from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST_HIGHLIGHTED = 50_000
HIGHLIGHTING_TIME = 0.5
"""Seconds of the processor for one block of code."""
_FENCE = re.compile(r'<pre[^>]*><code class="language-([^"]*)">(.*?)</code></pre>', re.DOTALL)
_FORMATTER = HtmlFormatter(nowrap=True)


def highlighted(html: str) -> str:
    """A block with its fenced code in colours, where the language is known."""
    return _FENCE.sub(_highlighted, html) if "<pre" in html else html


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


@lru_cache(maxsize=200)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
