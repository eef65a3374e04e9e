"""Rewrite workbooks so that calamine reads what a person sees: numbers by their formats, superscripts as such. Pure."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape
from zipfile import ZipFile

from .number_formats import BUILT_IN, is_plain, shown
from .packed import main_part, related, xml_beside
from .results import LONGEST_TEXT

CELLS, TEXTS = "xl/worksheets/", ("xl/worksheets/", "xl/sharedStrings")
MOST_CELLS = 300_000
"""Numbers of a workbook; more would take long, and their text is cut in nearly any case."""
_CELL = re.compile(
    rb"<((?:\w+:)?c)\b(?![^<>]*\bt=\"(?!n\"))([^<>]*\bs=\"(\d+)\"[^<>]*)>"
    rb"(\s*+(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*+)?<(?:\w+:)?v>)([^<]*+)(?=</)"
)
"""The tag of a cell that is a number, its attributes, its style, what stands before the number, and the number."""
_RAISED = re.compile(
    rb"(<(?:\w+:)?vertAlign\s+val=\"(sub|sup)(?:er)?script\"\s*/>"
    rb"(?:(?!</(?:\w+:)?r>).){0,2000}?<(?:\w+:)?t\b[^<>]*>)([^<]+)",
    re.DOTALL,
)
SIGNS = {"sup": "^", "sub": "_"}
_SHORT = re.compile(r"[-+−]?\w+")


class Shown:
    """What changes the members of a workbook, and counts the numbers whose format is not followed."""

    def __init__(self, archive: ZipFile) -> None:
        self._codes, self.unfollowed = [*_codes(archive)], 0
        self._left = MOST_CELLS

    def __call__(self, name: str, content: bytes) -> bytes:
        """Return a member with its numbers as text, and with signs before what is raised or lowered."""
        if name.startswith(CELLS) and any(self._codes):
            content = self._formatted(content)
        return _RAISED.sub(_raised, content) if name.startswith(TEXTS) else content

    def is_needed(self, archive: ZipFile) -> bool:
        """Tell whether it may change anything."""
        texts = (name for name in archive.namelist() if name.startswith(TEXTS))
        return any(self._codes) or any(b"vertAlign" in archive.read(name) for name in texts)

    def _formatted(self, content: bytes) -> bytes:
        """Return a sheet with its numbers as they are shown, up to where its text is cut."""
        cells = (cell for cell in _CELL.finditer(content) if self._code(cell))
        parts, end, length = [b""], 0, 0
        for cell in cells:
            text = self._text(cell)
            parts += [content[end : cell.start()], _with(cell, text)] if text is not None else []
            end = end if text is None else cell.end()
            length += len(text or "") + 1
            if length > LONGEST_TEXT:
                break
        return b"".join([*parts, content[end:]])

    def _code(self, cell: re.Match[bytes]) -> str:
        """Return the format of a cell, "" if it changes nothing."""
        style = int(cell[3])
        return self._codes[style] if style < len(self._codes) else ""

    def _text(self, cell: re.Match[bytes]) -> str | None:
        """Return what a cell shows; None, and count it, where its format is not followed, or too many were."""
        self._left -= 1
        number = cell[5].decode(errors="replace").strip()
        text = shown(number, self._code(cell)) if self._left >= 0 else None
        self.unfollowed += text is None
        return text


def _with(cell: re.Match[bytes], text: str) -> bytes:
    """Return the beginning of a cell that has a text in place of its number."""
    tag, attributes, _style, before, _number = cell.groups()
    return b'<%s t="str"%s>%s%s' % (tag, attributes.replace(b' t="n"', b""), before, escape(text).encode())


def _codes(archive: ZipFile) -> Iterator[str]:
    """Yield the number format of each style; "" for those that change nothing."""
    main = related(archive, main_part(archive, "xl/workbook.xml"))
    for root in (xml_beside(archive, member) for kind, member in main.values() if kind == "styles"):
        own = {each.get("numFmtId"): each.get("formatCode", "") for each in root.iterfind("{*}numFmts/{*}numFmt")}
        for style in root.iterfind("{*}cellXfs/{*}xf"):
            number = style.get("numFmtId", "0")
            code = own.get(number, BUILT_IN.get(number, ""))
            yield "" if is_plain(code) else code


def _raised(found: re.Match[bytes]) -> bytes:
    before, kind, text = found.groups()
    return before + raised(text, kind.decode())


def raised(text: bytes, kind: str) -> bytes:
    """Return what stands above the line (``sup``) or below it (``sub``) with a sign before it.

    >>> raised(b"6", "sup"), raised(b"n + 1", "sub")
    (b'^6', b'_(n + 1)')
    """
    words = text.decode(errors="replace").strip()
    enclosed = words if _SHORT.fullmatch(words) else f"({words})"
    return (SIGNS[kind] + enclosed).encode() if words else text
