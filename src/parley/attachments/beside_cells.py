"""Read what workbooks have beside the values of their cells: links, comments, text boxes, unsolved formulas. Pure."""

import re
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from .drawings import kind_of, lines
from .packed import main_part, related, relations, xml_beside, xml_in

WORKBOOK = "xl/workbook.xml"
COMMENTS = {"threadedComment": "threadedComment", "comments": "comment"}
"""The kind of a part → its elements; the second has a copy of what is in the first."""
TEXTS, MAX_LINKS = "xl/sharedStrings.xml", 500
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^<>]*>([^<]*)</")
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\b[^<>]*>")
_ATTRIBUTE = re.compile(rb"\b(id|ref)=\"([^\"]*)\"")
_UNSOLVED = re.compile(
    rb"<(?:\w+:)?c\b(?![^<>]*\bt=\"str\")[^<>]*>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
"""A cell with a formula and without a value; one that is text may be empty."""
_NUMBER = re.compile(
    rb"(<c\b(?![^<>]*\bt=\"(?!n\"))[^<>]*>)(\s*(?:<f\b[^<>]*(?:/>|>[^<]*</f>))?\s*<v>)\s*([^<]*?)\s*(?=</v>)"
)
"""The beginning of a cell that is a number, what stands before it, and the number."""
_SOUND = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def of_workbook(archive: ZipFile) -> Iterator[str]:
    """Yield where links lead, the text boxes and the comments of all sheets, under a heading each."""
    yield from headed("Links", [*_links(archive)])
    parts = [*_parts(archive)]
    boxes = [line for _, kind, root in parts if kind == "drawing" for line in lines(root)]
    yield from headed("Text boxes", boxes)
    kinds = {sheet: kind for sheet, kind, _ in sorted(parts, key=lambda part: part[1]) if kind in COMMENTS}
    yield from headed(
        "Comments", [line for part in parts if part[1] == kinds.get(part[0]) for line in _comments(*part)]
    )


def _sheets(archive: ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name and the member of each sheet."""
    main = main_part(archive, WORKBOOK)
    members = related(archive, main)
    for sheet in xml_in(archive, main).iterfind("{*}sheets/{*}sheet"):
        ids = [value for name, value in sheet.items() if name.endswith("}id")]
        yield from ((sheet.get("name", ""), members[pk][1]) for pk in ids if pk in members)


def _parts(archive: ZipFile) -> Iterator[tuple[str, str, Element]]:
    """Yield the name of a sheet, and the kind and the content of each part that belongs to it."""
    for sheet, member in _sheets(archive):
        for kind, part in related(archive, member).values():
            if kind in ("drawing", *COMMENTS):
                yield sheet, kind, xml_beside(archive, part)


def _links(archive: ZipFile) -> Iterator[str]:
    """Yield where links lead whose cell does not say it, at most MAX_LINKS."""
    said = _texts(archive.read(TEXTS) if TEXTS in archive.namelist() else b"")
    found = [link for sheet in _sheets(archive) for link in _links_of(archive, *sheet, said)]
    more = len(found) - MAX_LINKS
    yield from [*found[:MAX_LINKS], *[f"[{more} more links are left out]"] * (more > 0)]


def _texts(content: bytes) -> set[str]:
    return {unescape(text.decode(errors="replace")).strip().rstrip("/") for text in _TEXT.findall(content)}


def _is_link(relation: Element) -> bool:
    return relation.get("Type", "").endswith("/hyperlink")


def _links_of(archive: ZipFile, sheet: str, member: str, said: set[str]) -> Iterator[str]:
    targets = {each.get("Id"): each.get("Target", "") for each in relations(archive, member) if _is_link(each)}
    content = archive.read(member) if targets else b""
    said = said | _texts(content)
    for tag in _LINK.findall(content, max(0, content.rfind(b"sheetData"))):
        about = {name.decode(): value.decode(errors="replace") for name, value in _ATTRIBUTE.findall(tag)}
        target = targets.get(about.get("id"), "")
        if target and target.removeprefix("mailto:").rstrip("/") not in said:
            yield f"{sheet} {about.get('ref', '')}: {target}"


def _comments(sheet: str, kind: str, root: Element) -> Iterator[str]:
    for comment in (each for each in root.iter() if kind_of(each) == COMMENTS[kind]):
        yield f"{sheet} {comment.get('ref', '')}: {' '.join(''.join(comment.itertext()).split())}"


def headed(heading: str, said: list[str]) -> Iterator[str]:
    """Yield lines under a heading, if there are any."""
    yield from [f"# {heading}\n\n" + "\n".join(said)] * bool(said)


def notes(archive: ZipFile) -> list[str]:
    """Return a note that says how many formulas have no result, if any has none."""
    sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    count = sum(len(_UNSOLVED.findall(archive.read(name))) for name in sheets)
    return [f"formulas:{count}"] if count else []


def with_sound_numbers(name: str, content: bytes) -> bytes:
    """Return a sheet of a workbook without spaces around its numbers, and with those as text that are none."""
    return _NUMBER.sub(_sound, content) if name.startswith("xl/worksheets/") else content


def _sound(cell: re.Match[bytes]) -> bytes:
    beginning, before, value = cell.groups()
    if _SOUND.fullmatch(value):
        return beginning + before + value
    return b'<c t="str"' + beginning[2:].replace(b' t="n"', b"") + before + value
