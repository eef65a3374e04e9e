"""Highlighting code with spans."""

import re
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape, unescape
from io import StringIO
from typing import Any
from weakref import WeakSet

from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST_HIGHLIGHTED = 50_000
HIGHLIGHTING_TIME = 0.15
"""Seconds of processor time for all code of a text."""
_FENCE = re.compile(r'<pre[^>]*><code class="language-([^"]*)">(.*?)</code></pre>', re.DOTALL)
_FORMATTER = HtmlFormatter(nowrap=True)
_used: WeakSet[Lexer] = WeakSet()

Token = tuple[Any, str]


class Highlighter:
    """Highlight the code of one text, as far as its HIGHLIGHTING_TIME goes."""

    def __init__(self) -> None:
        self._left = HIGHLIGHTING_TIME

    def highlighted(self, html: str) -> str:
        """Highlight the fenced code of a block, where the language is known."""
        return _FENCE.sub(self._fence, html) if "<pre" in html else html

    def _fence(self, fence: re.Match[str]) -> str:
        language, code = unescape(fence[1]), unescape(fence[2])
        lexer = _lexer(language, "<?" not in code) if self._left > 0 and len(code) <= LONGEST_HIGHLIGHTED else None
        spans = self._spans(lexer, code) if lexer else None
        return f'<pre data-language="{escape(language)}"><code>{fence[2] if spans is None else spans}</code></pre>'

    def _spans(self, lexer: Lexer, code: str) -> str | None:
        """Return the code as spans; None where that takes too long, as with code made to be slow.

        The first use of a lexer compiles those that it uses itself, once: that is not the fault of the code.
        """
        left, spans = self._left, self._in_time(lexer, code)
        if spans is None and lexer not in _used:
            self._left = left
            spans = self._in_time(lexer, code)
        _used.add(lexer)
        return spans

    def _in_time(self, lexer: Lexer, code: str) -> str | None:
        started, spans = time.thread_time(), StringIO()
        try:
            _FORMATTER.format(_until(started + self._left, lexer.get_tokens(code)), spans)
            return spans.getvalue()
        except TimeoutError:
            return None
        finally:
            self._left -= time.thread_time() - started


def _until(deadline: float, tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if time.thread_time() > deadline:
            raise TimeoutError
        yield token


@lru_cache(maxsize=200)
def _lexer(language: str, within: bool) -> Lexer | None:
    """Return the lexer of a language; ``within``: PHP begins at once, as in most answers, not after HTML and a tag."""
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False, startinline=within)
    except ClassNotFound:
        return None
