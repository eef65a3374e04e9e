"""LaTeX as MathML."""

import re
from functools import lru_cache
from html import escape, unescape
from math import copysign, inf

from math_core import LatexError, LatexToMathML

from .chemistry import with_formulas

LONGEST_MATHS = 2_000
_BLOCK = re.compile(r'<pre[^>]*><code class="language-math"[^>]*>([^<]*)</code></pre>')
_MATHS = re.compile(r'<span data-math-style="(inline|display)"[^>]*>([^<]*)</span>')
_LENGTH = re.compile(r' ([a-z]+)="(-?(?:\d+\.?\d*|\.\d+))([a-z%]*)"')
_LONGEST = {
    "depth": 5, "height": 5, "linethickness": 0.5, "lspace": 5, "maxsize": 5, "minsize": 5, "rspace": 5, "voffset": 2,
    "width": 20,
}  # fmt: skip
"""In em: no formula needs to be drawn far from its place, over other text."""
_EM = {"": 1, "em": 1, "rem": 1, "ex": 0.5}
_NUMBERED = re.compile(r"\{(align|gather|equation)\}")


def with_blocks_of_maths(html: str) -> str:
    """Turn fenced code of the language ``math`` into a formula of its own."""
    return _BLOCK.sub(r'<p><span data-math-style="display">\1</span></p>', html) if "language-math" in html else html


def with_mathml(html: str) -> str:
    """Turn the formulas of a block into MathML."""
    return _MATHS.sub(_mathml, html)


def _mathml(maths: re.Match[str]) -> str:
    """Return MathML, or the source where it is not LaTeX that the converter knows."""
    source = unescape(maths[2])
    try:
        if len(source) <= LONGEST_MATHS:
            latex = with_formulas(_NUMBERED.sub(r"{\1*}", source))
            mathml = _latex().convert_with_local_state(latex, displaystyle=maths[1] == "display")
            return _LENGTH.sub(_bounded, mathml)
    except LatexError:
        pass
    return f"<code>{escape(source)}</code>"


def _bounded(length: re.Match[str]) -> str:
    """Return an attribute with its length, or the longest that is allowed; "" where its unit is not known."""
    name, number, unit = length.groups()
    if name not in _LONGEST:
        return length[0]
    size, longest = float(number) * _EM.get(unit, inf), _LONGEST[name]
    if abs(size) <= longest:
        return length[0]
    return f' {name}="{copysign(longest, size):g}em"' if unit in _EM else ""


@lru_cache(maxsize=1)
def _latex() -> LatexToMathML:
    return LatexToMathML(fancy_error=False, max_expansions=100)
