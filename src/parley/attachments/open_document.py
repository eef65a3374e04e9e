"""Rewrite spreadsheets of OpenDocument so that calamine reads what a person sees, and read their comments. Pure."""

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from .beside_cells import headed
from .packed import xml_in
from .results import LONGEST_TEXT
from .shown import raised

CONTENT = "content.xml"
MOST_CELLS = LONGEST_TEXT // 2
"""Numbers; a text of more is cut, for each has a digit and a comma."""
_INDENTED = re.compile(rb">[ \t\r]*\n\s*<(?=/?(?:table|text):)")
_UNKNOWN = b' office:value-type="unknown"'
_AS_TEXT = b' office:value-type="string"'
_NUMBER = re.compile(
    rb"<table:table-cell\b(?=[^<>]* office:value-type=\"(?:float|percentage|currency)\")[^<>]*(?<!/)>(?=\s*"
    rb"(?:<office:annotation\b(?:(?!</office:annotation>).)*</office:annotation>\s*)?<text:p>[^<>]+</text:p>)",
    re.DOTALL,
)
"""The tag of a cell that is a number and has it as it is shown."""
_VALUE = re.compile(rb" office:value(?:-type)?=\"[^\"]*\"")
_STYLE = re.compile(
    rb'<style:style\b[^<>]*\bstyle:name="([^"]*)"[^<>]*>\s*'
    rb'<style:text-properties\b[^<>]*\btext-position="(su[pb]|[-\d]+%)'
)
_SPAN = re.compile(rb'(<text:span\b[^<>]*\btext:style-name="([^"]*)"[^<>]*>)([^<>]+)(?=</text:span>)')


def as_shown(name: str, content: bytes) -> bytes:
    """Return the content with its numbers as they are shown, and without what calamine passes over."""
    if name != CONTENT:
        return content
    content = _INDENTED.sub(b"><", content).replace(_UNKNOWN, _AS_TEXT)
    raising = {style: _kind(position) for style, position in _STYLE.findall(content)}
    content = _SPAN.sub(lambda span: _span(span, raising), content)
    return _NUMBER.sub(_as_text, content, count=MOST_CELLS)


def _as_text(cell: re.Match[bytes]) -> bytes:
    return _VALUE.sub(b"", cell[0])[:-1] + _AS_TEXT + b">"


def _kind(position: bytes) -> str:
    return "sub" if position.startswith((b"sub", b"-")) else "sup" if position != b"0%" else ""


def _span(span: re.Match[bytes], raising: dict[bytes, str]) -> bytes:
    kind = raising.get(span[2], "")
    return span[1] + raised(span[3], kind) if kind else span[0]


def comments(archive: ZipFile) -> Iterator[str]:
    """Yield the comments of all sheets, under a heading."""
    if b"<office:annotation" in archive.read(CONTENT):
        annotations = xml_in(archive, CONTENT).iterfind(".//{*}annotation")
        yield from headed("Comments", [_said(each.iterfind("{*}p")) for each in annotations])


def _said(paragraphs: Iterable[Element]) -> str:
    return "\n".join("".join(each.itertext()) for each in paragraphs)
