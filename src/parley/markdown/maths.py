"""LaTeX as MathML."""

import re
from functools import lru_cache
from html import escape, unescape

from math_core import LatexError, LatexToMathML

LONGEST_MATHS = 2_000
_MATHS = re.compile(r'<span data-math-style="(inline|display)"[^>]*>([^<]*)</span>')
_NUMBERED = re.compile(r"\{(align|gather|equation)\}")


def with_mathml(html: str) -> str:
    return _MATHS.sub(_mathml, html)


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
