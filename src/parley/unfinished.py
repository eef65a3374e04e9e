"""Markdown that is cut off in the middle → Markdown that shows no raw syntax. Pure.

What cannot be told yet is held back (a lone list marker, the header of a table whose next line is
still to come), and what is open is closed (emphasis, code, a link).
"""

import re

LONGEST_TAIL = 4_000
"""Characters of a paragraph; in a longer one its marks are left as they are until it ends."""

_FENCE = re.compile(r"^[ >\t]*(?:(?:[-*+]|\d+[.)])[ \t]*)?(`{3,}|~{3,})(.*)$")
_UNDECIDED_LINE = re.compile(
    r"""^[ >\t]*(?:
        [-=*_+#`~]+ [ ]?      # a list marker, a rule, an underline, a heading, a fence: nothing of its own yet
      | \d{1,9}[.)]? [ ]?     # the number of a list item
      | \[ \^? [^\]]* \]? :?  # a reference or a footnote
      | [-*+] [ ] \[ [ xX]? \]? # a task
    )$""",
    re.VERBOSE,
)
_TABLE_ROW = re.compile(r"^[ >\t]*\|")
_TABLE_RULE = re.compile(r"^[ >\t|:\-]*$")
_BLOCK_START = re.compile(r"^[ >\t]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||$)")
_OPEN_LINK = re.compile(
    r"(?<!\w)!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+(?:\"[^\"]*|'[^']*))?$"
)
_OPEN_LABEL = re.compile(r"(?<!\w)!?\[([^\[\]]*)\]?$")
_OPEN_MATHS = re.compile(r"(?:\\\(|\\\[|\$\$)(?!.*(?:\\\)|\\\]|\$\$)).*$", re.DOTALL)
_MARKS = re.compile(r"\\.|(`+)|(\*{1,3}|_{1,3}|~~)", re.DOTALL)


def healed(text: str) -> str:
    """The text as it should be shown while more is to come."""
    if _in_fence(text):
        return text
    head, tail = _split_at_block(_without_undecided(text))
    return head + _closed(tail)


def _in_fence(text: str) -> bool:
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and not fence and "`" not in found[2]:
            fence = found[1]
        elif found and fence and found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return bool(fence)


def _without_undecided(text: str) -> str:
    """Without a last line, or the beginning of a table, of which nothing can be said yet."""
    head, newline, line = text.rpartition("\n")
    if _UNDECIDED_LINE.match(line):
        return head + newline
    lines = text.removesuffix("\n").split("\n")
    rows = next((n for n, row in enumerate(reversed(lines)) if not _TABLE_ROW.match(row)), len(lines))
    kept = len(lines) - _undecided_rows(lines[len(lines) - rows :])
    return text if kept == len(lines) else "".join(f"{line}\n" for line in lines[:kept])


def _undecided_rows(rows: list[str]) -> int:
    """How many of the last rows wait: a header for the line under it, that line to be whole, a row for its text."""
    if len(rows) <= 1:
        return len(rows)
    if len(rows) == 2 and _TABLE_RULE.match(rows[1]):
        return 0 if _is_rule_of(rows[1], rows[0]) else 2
    return int(bool(_TABLE_RULE.match(rows[-1])))


def _is_rule_of(line: str, header: str) -> bool:
    """Whether the line under a table's header has a column for each of it."""
    cells = line.strip(" >\t|").split("|")
    columns = header.strip(" >\t|").split("|")
    return len(cells) >= len(columns) and all("-" in cell for cell in cells)


def _split_at_block(text: str) -> tuple[str, str]:
    """(what is before, the last paragraph, item, heading or row): marks never reach over such a border."""
    start = len(text)
    while start > 0:
        start = text.rfind("\n", 0, start - 1) + 1 if start > 1 else 0
        line_end = text.find("\n", start)
        line = text[start:] if line_end < 0 else text[start:line_end]
        if _BLOCK_START.match(line) and (line.strip() or start < len(text)):
            break
        if start == 0:
            break
    return text[:start], text[start:]


def _closed(tail: str) -> str:
    if len(tail) > LONGEST_TAIL:
        return tail
    tail = _OPEN_MATHS.sub("", tail)
    open_marks, code, content_since = _scan(tail)
    if code:
        return tail + code if content_since else tail[: -len(code)]
    tail = _OPEN_LABEL.sub(r"\1", _OPEN_LINK.sub(r"\1", tail))
    return _close_marks(tail, open_marks)


def _close_marks(tail: str, marks: list[str]) -> str:
    if tail.endswith("~") and not tail.endswith("~~"):
        tail = tail[:-1]
    bare = tail.rstrip("*_~")
    while marks and tail != bare and tail.endswith(marks[-1]):
        tail = tail[: -len(marks.pop())]
    space = tail[len(tail.rstrip()) :]
    return tail.rstrip() + "".join(reversed(marks)) + space if marks else tail


def _scan(tail: str) -> tuple[list[str], str, bool]:
    """(open emphasis marks, the run of an open code span, whether something follows that run)."""
    marks: list[str] = []
    code, code_end = "", 0
    for found in _MARKS.finditer(tail):
        backticks, mark = found[1], found[2]
        if backticks and (not code or backticks == code):
            code, code_end = ("", 0) if code else (backticks, found.end())
        elif mark and not code:
            _take(marks, mark, tail, found.start(), found.end())
    return marks, code, code_end < len(tail)


def _take(marks: list[str], mark: str, tail: str, start: int, end: int) -> None:
    before, after = tail[start - 1 : start], tail[end : end + 1]
    if marks and marks[-1] == mark and before and not before.isspace():
        marks.pop()
    elif (not after or not after.isspace()) and not (mark[0] == "_" and before.isalnum()):
        marks.append(mark)
