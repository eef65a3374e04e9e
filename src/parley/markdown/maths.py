"""Maths that the renderer would not find, formulas of chemistry, and LaTeX as MathML. Pure."""

import re
from html import escape, unescape
from math import copysign, inf

from math_core import LatexError, LatexToMathML

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
_LATEX = LatexToMathML(fancy_error=False, max_expansions=100)
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
            mathml = _LATEX.convert_with_local_state(latex, displaystyle=maths[1] == "display")
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


_FORMULA = re.compile(r"\\ce\{((?:[^{}]|\{[^{}]*\}){0,500})\}")
_TOKEN = re.compile(
    r"""(?P<arrow> <=>> | <<=> | <=> | <-> | -> | <- ) (?: \[ (?P<above>[^\[\]]*) \] )?
    | \^ (?: \{ (?P<raised>[^{}]*) \} | (?P<charge>\d*[+-]|\d+) )
    | _ (?: \{ (?P<lowered>[^{}]*) \} | (?P<index>\d+) )
    | (?<=[A-Za-z)\]]) (?: (?P<count>\d+) | (?P<sign>[+-])(?![>\w(]) )
    | (?P<word>[A-Za-z]+)
    | (?P<space>\s+)""",
    re.VERBOSE,
)
_ARROWS = {
    "->": "\\rightarrow", "<-": "\\leftarrow", "<->": "\\leftrightarrow", "<=>": "\\rightleftharpoons",
    "<=>>": "\\rightleftharpoons", "<<=>": "\\rightleftharpoons",
}  # fmt: skip


def with_formulas(latex: str) -> str:
    r"""Write out each formula of chemistry in LaTeX.

    >>> print(with_formulas(r"\ce{H2O}"))
    {\mathrm{H}_{2}\mathrm{O}}
    """
    return _FORMULA.sub(lambda formula: f"{{{_TOKEN.sub(_written, formula[1])}}}", latex) if "\\ce{" in latex else latex


def _written(token: re.Match[str]) -> str:
    if token["arrow"]:
        above = f"\\overset{{\\text{{{token['above']}}}}}" if token["above"] else ""
        return f" {above}{{{_ARROWS[token['arrow']]}}} "
    if raised := token["raised"] or token["charge"] or token["sign"]:
        return f"^{{{raised}}}"
    if lowered := token["lowered"] or token["index"] or token["count"]:
        return f"_{{{lowered}}}"
    return f"\\mathrm{{{token['word']}}}" if token["word"] else "\\, " if token["space"] else token[0]


_MARK = "\ufdd4"
"""A noncharacter in what is added, by which it is removed again where there is no maths, as in code."""
_ROW = re.compile(r"^[ >\t]*+\|.*$", re.MULTILINE)
_IN_ROW = re.compile(
    r"(?<![\\$\w])(\$\$?)(?=[^\s$])[^$\n]{1,300}(?<![\s\\])\1(?![\w$])"
    r"|(?<!\\)\\\((?:[^\\\n]|\\[^()\n]){1,300}\\\)"
)
_EQUATION = re.compile(
    r"""(?<!\$\n)(?<!\[\n)^(\ {0,3})(\\begin\{((?:align|gather|equation)\*?)\}
    (?: (?!\n[ \t]*\n | \\begin\{(?:align|gather|equation) ) [^$] ){0,5000}? \\end\{\3\})(?=[ \t]*$)""",
    re.MULTILINE | re.VERBOSE,
)
_MARKED = re.compile(rf"\$\${_MARK}(?=\\begin)|{_MARK}\$\$|{_MARK}\\(?=\|)|{_MARK}")


def with_marked_maths(text: str) -> str:
    """Mark maths so that the renderer finds it; lines keep their numbers.

    >>> print(with_marked_maths("| $|x|$ |").replace("\\ufdd4", "!"))
    | $!\\|x!\\|$ |
    """
    if _MARK in text:
        text = text.replace(_MARK, "\ufffd")
    if "|" in text and ("$" in text or "\\(" in text):
        text = _ROW.sub(lambda row: _IN_ROW.sub(_with_bars, row[0]), text)
    if "\\begin{" in text:
        text = _EQUATION.sub(rf"\1$${_MARK}\2{_MARK}$$", text)
    return text


def without_marks(html: str) -> str:
    """Remove the marks that are left in HTML."""
    return _MARKED.sub("", html) if _MARK in html else html


def _with_bars(maths: re.Match[str]) -> str:
    """Mark bars in pairs; a single one, or one with spaces around it, is a border of cells."""
    bars = maths[0].count("|")
    if not bars or bars % 2 or " | " in maths[0] or "\\|" in maths[0]:
        return maths[0]
    return maths[0].replace("|", rf"{_MARK}\|")
