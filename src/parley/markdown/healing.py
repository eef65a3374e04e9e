"""Healing Markdown that is cut off in the middle, so that it shows no raw syntax. Pure.

What may still become anything is held back, such as a lone list marker, or the header of a table whose next line is not
there yet; what is open is closed, such as emphasis, code or a link.
"""

import re

from parley.markdown.nesting import with_nested_fences

LONGEST_TAIL = 4_000
"""Characters of a paragraph; the marks of a longer one stay as they are until it ends."""

_FENCE = re.compile(r"^[ >\t]*+(?:(?:[-*+]|\d+[.)])[ \t]*+)?(`{3,}|~{3,})(.*)$", re.MULTILINE)
_UNDECIDED_LINE = re.compile(
    r"""^[ >\t]*(?:
        [-=*_+#`~]+ [ ]?      # a list marker, a rule, an underline, a heading, a fence: nothing of its own yet
      | \d{1,9}[.)]? [ ]?     # the number of a list item
      | \[ \^? [^\]]* \]? :?  # a reference or a footnote
      | [-*+] [ ] \[ [ xX]? \]? # a task
      | :?-+:? [ ]? \| [-:|\ ]* # the line under a table's header
      | (?<=>) [ ]?           # a quotation
    )$""",
    re.VERBOSE,
)
_TABLE_ROW = re.compile(r"^[ >\t]*+\|")
_TABLE_RULE = re.compile(r"^[ >\t|:\-]*$")
_BLOCK_START = re.compile(r"^[ >\t]*+(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||$)")
_BRACKET = re.compile(r"[\[\]]")
_ADDRESS = re.compile(
    r"""\]\( \s*+
    (?: (?P<angle> <[^<>]*+>? ) | [^()\s<]*+ (?:\( [^()\s]*+ (?:\) [^()\s]*+)?+)*+ ) (?P<end>)
    (?: \s++ (?: "[^"]*+"?+ | '[^']*+'?+ )?+ )?+ \s*+           # the title""",
    re.VERBOSE,
)
_HELD_BACK = re.compile(
    r"""(?:
        (?<!\\)\\\n?                         # an escape, a line break, maths
      | & \#? \w{0,10}                       # an entity
      | < (?: /? [a-z]{0,7} | br\ /? | https?:[^\s>]* )  # a tag, an address
      | (?<![\w)])!                          # an image
    )\Z""",
    re.VERBOSE,
)
_SPANS = re.compile(
    r"""
      (?P<ticks>`+) (?: .*? (?<!`)(?P=ticks)(?!`) | (?P<code>.*) )
    | \\\( (?: .*? \\\) | (?P<inline>.*) )
    | \\\[ (?: .*? \\\] | (?P<block>.*) )
    | \$\$ (?: .*? \$\$ | (?P<display>.*) )
    | \$(?=[^\s$]) [^$]* (?<!\s)\$(?!\d)
    | (?P<dollar> \$
        (?: [^\s$]* | [^\s\d$][^$]{0,24} | (?: \d(?=[^\s$]*[\\^={}]) | [^\s\d$](?=[^$]{0,23}[\\^={}]) )[^$]{0,80} ) ) \Z
    | \\.
    """,
    re.VERBOSE | re.DOTALL,
)
"""Code, maths and escapes; a named group is open to the end. A single dollar may be a price."""
_SPAN_OPENER = re.compile(r"[`$\\]")
_MARK = re.compile(r"[*_~]")
_MARKS = re.compile(r"\*+|_+|~~|(?<![~\w])~(?=[^\W\d_][^~]{0,40}\Z)")
"""A single ``~`` strikes out before a letter, unlike in "~5 minutes", and only for so long: it may mean just itself."""
_HIDDEN = "\ue000"
_Mark = tuple[str, int]


def healed(text: str) -> str:
    """Return a text as it should be shown while more is to come.

    >>> healed("Some **bold *words"), healed("One\\n\\n-"), healed("see [the docs](https://exam")
    ('Some **bold *words***', 'One\\n\\n', 'see the docs')
    """
    if fence := _open_fence(text):
        return _without_end_of_fence(text, fence)
    text = _without_undecided(text)
    if _open_fence(text):
        return text
    head, tail = _split_at_block(text)
    return _without_undecided(head + _closed(tail))


def _open_fence(text: str) -> str:
    fence = ""
    for found in _FENCE.finditer(with_nested_fences(text)) if "```" in text or "~~~" in text else ():
        if not fence and "`" not in found[2]:
            fence = found[1]
        elif fence and found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return fence


def _without_end_of_fence(text: str, fence: str) -> str:
    head, newline, line = text.rpartition("\n")
    marks = line.strip(" >\t")
    return head + newline if marks and fence.startswith(marks) and newline and _open_fence(head) else text


def _without_undecided(text: str) -> str:
    """Hold back a last line, or the beginning of a table, that may still become anything."""
    head, newline, line = text.rpartition("\n")
    if _UNDECIDED_LINE.match(line):
        return head + newline
    lines = text.removesuffix("\n").rsplit("\n", 3)[-3:]
    rows = next((n for n, row in enumerate(reversed(lines)) if not _TABLE_ROW.match(row)), len(lines))
    waiting = _undecided_rows(lines[len(lines) - rows :])
    end = len(text.removesuffix("\n")) + 1 - sum(len(row) + 1 for row in lines[-waiting:])
    return text[:end] if waiting else text


def _undecided_rows(rows: list[str]) -> int:
    """Return how many last rows to hold back: a header without a whole line under it, a row without text."""
    if len(rows) <= 1:
        return len(rows)
    if len(rows) == 2 and _TABLE_RULE.match(rows[1]):
        return 0 if _is_rule_of(rows[1], rows[0]) else 2
    return int(bool(_TABLE_RULE.match(rows[-1])))


def _is_rule_of(line: str, header: str) -> bool:
    """Whether the line under a table's header has at least as many columns."""
    cells = line.strip(" >\t|").split("|")
    columns = header.strip(" >\t|").split("|")
    return len(cells) >= len(columns) and all("-" in cell for cell in cells)


def _split_at_block(text: str) -> tuple[str, str]:
    """Split before the last paragraph, item, heading or row: marks never reach over such a border.

    Of one that is too long to be healed, only an end is split off.
    """
    start = len(text)
    while start > 0 and len(text) - start <= LONGEST_TAIL:
        start = text.rfind("\n", 0, start - 1) + 1 if start > 1 else 0
        line_end = text.find("\n", start)
        line = text[start:] if line_end < 0 else text[start:line_end]
        if _BLOCK_START.match(line) and (line.strip() or start < len(text)):
            break
    return text[:start], text[start:]


def _closed(tail: str) -> str:
    """Close what is open; most text has nothing open, so each search begins with one for a single character."""
    if len(tail) > LONGEST_TAIL:
        return tail
    tail = _without_held_back(tail)
    tail = _with_closed_spans(tail) if _SPAN_OPENER.search(tail) else tail
    tail = _with_open_links_as_words(tail) if "[" in tail else tail
    return _with_closed_marks(tail) if _MARK.search(tail) else tail


def _without_held_back(tail: str) -> str:
    """Hold back an undecided end; it has no space or ``>`` in it, except in a tag, so only the end is searched."""
    start = max(tail.rfind(" "), tail.rfind(">"), tail.rfind("\n", 0, -1)) + 1
    found = _HELD_BACK.search(tail, start - 4 if tail.endswith(("<br ", "<br /")) else start)
    return tail[: found.start()] if found else tail


def _with_open_links_as_words(tail: str) -> str:
    for opened in (_open_link, _open_label, _open_label):
        if found := opened(_masked(tail)):
            start, label = found
            tail = tail[:start] + tail[label.start : label.stop]
    return tail


def _open_link(tail: str) -> tuple[int, range] | None:
    """Return (begin, label) of the first link whose address is open to the end."""
    found, reach = None, 0
    for label in sorted(_labels(tail)[0], key=lambda label: label.stop):
        if (found is not None and label.start > found.start) or not _is_whole(tail, label.start):
            continue
        if label.stop + 2 < reach and not tail.startswith("<", label.stop + 2):
            continue  # its address ends where the one does that it is a part of
        address = _ADDRESS.match(tail, label.stop)
        if address and address.end() == len(tail):
            found = label
        elif address and not address["angle"]:
            reach = address.end("end")
    return None if found is None else _with_start(tail, found)


def _open_label(tail: str) -> tuple[int, range] | None:
    """Return (begin, label) of the first label that is open to the end, or closed just there."""
    closed, opened = _labels(tail)
    labels = [label for label in [*closed, *opened] if label.stop >= len(tail) - 1 and _is_whole(tail, label.start)]
    return _with_start(tail, min(labels, key=lambda label: label.start)) if labels else None


def _labels(text: str) -> tuple[list[range], list[range]]:
    """Return (labels between brackets, the label after the last open one), with brackets of one level in them."""
    closed, opened = [], []
    for bracket in _BRACKET.finditer(text):
        if bracket[0] == "[":
            opened.append((bracket.end(), 0))
        elif opened:
            start, height = opened.pop()
            if height <= 1:
                closed.append(range(start, bracket.start()))
            if opened:
                opened[-1] = opened[-1][0], max(opened[-1][1], height + 1)
    return closed, [range(start, len(text)) for start, height in opened[-1:] if height <= 1]


def _is_whole(text: str, start: int) -> bool:
    """Whether a label stands by itself, and is not the index of a word before it."""
    return not _is_of_word(text[start - 2 : start - 1])


def _with_start(text: str, label: range) -> tuple[int, range]:
    bracket = label.start - 1
    image = text[bracket - 1 : bracket] == "!" and not _is_of_word(text[bracket - 2 : bracket - 1])
    return bracket - image, label


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _with_closed_spans(tail: str) -> str:
    """Close open code, and cut off open maths."""
    for found in _SPANS.finditer(tail):
        kind = found.lastgroup
        if kind == "code":
            code = found["code"].rstrip("`")
            return tail[: found.start("code")] + code + found["ticks"] if code.strip() else tail[: found.start()]
        if kind in ("inline", "block", "display", "dollar"):
            return tail[: found.start()]
    return tail


def _masked(tail: str) -> str:
    """Replace each character of code, maths and escapes by one that means nothing."""
    return _SPANS.sub(lambda span: _HIDDEN * len(span[0]), tail) if _SPAN_OPENER.search(tail) else tail


def _with_closed_marks(tail: str) -> str:
    if tail.endswith("~") and not tail.endswith("~~"):
        tail = tail[:-1]
    marks: list[_Mark] = []
    for found in _MARKS.finditer(masked := _masked(tail)):
        _take(marks, found[0], masked, found.start(), found.end())
    while marks and marks[-1][1] == len(tail):
        tail = tail[: -len(marks.pop()[0])]
    end = _end_of_words(tail) if marks else len(tail)
    return tail[:end] + "".join(mark for mark, _ in reversed(marks)) + tail[end:]


def _take(marks: list[_Mark], mark: str, tail: str, start: int, end: int) -> None:
    """Let a mark close what is open, and open what it can with the rest of it."""
    before, after = tail[start - 1 : start] if start else " ", tail[end : end + 1]
    inside = before.isalnum() and after.isalnum() and (mark[0] == "_" or (before.isdigit() and after.isdigit()))
    while mark and marks and not before.isspace() and not inside and mark[0] == marks[-1][0][0]:
        opener, position = marks.pop()
        rest = opener[len(mark) :]
        mark = mark[len(opener) :]
        if rest:
            marks.append((rest, position))
    if mark and not after.isspace() and not inside and not (mark[0] == "_" and before.isalnum()):
        marks.append((mark, end))


def _end_of_words(tail: str) -> int:
    """Return the end without spaces, and without the marker of a quotation that has no words yet."""
    words = tail.rstrip()
    line = words.rfind("\n") + 1
    return len(words[:line].rstrip()) if line and not words[line:].strip(" >\t") else len(words)
