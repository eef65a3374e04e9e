"""Maths that the renderer would not find: with bars in cells of a table, and equations without dollars. Pure.

What is added has a noncharacter as its mark, by which it is removed again where there is no maths, as in code.
"""

import re

_MARK = "\ufdd4"
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
