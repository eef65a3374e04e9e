"""Read presentations of PowerPoint, and e-books. Pure."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from . import word
from .drawings import beside_text, lines, pictures_in
from .hypertext import markdown_in
from .packed import beside, main_part, opened, related, xml_beside, xml_in
from .results import Read, Refused, attempt, in_parts, summed
from .sniffing import DOCX, EPUB, PPTX

PRESENTATION, CONTAINER, RIGHTS = "ppt/presentation.xml", "META-INF/container.xml", "META-INF/rights.xml"
SAID = {"notesSlide": "Notes", "comments": "Comments"}


def read(path: str, media_type: str) -> Read:
    """Return a document as Markdown. Raises Refused."""
    with opened(path) as archive:
        return _READERS[media_type](archive)


def _pptx(archive: ZipFile) -> Read:
    name = main_part(archive, PRESENTATION)
    members = related(archive, name)
    slides = [
        members.get(_id_of(each), ("", ""))[1] for each in xml_in(archive, name).iterfind(".//{*}sldIdLst/{*}sldId")
    ]
    read = in_parts(attempt(partial(_slide, archive, name)) for name in slides)
    return read._replace(pages=len(slides), notes=[*read.notes, *pictures_in(archive)])


def _id_of(element: Element) -> str:
    """Return the id of a relation, whose namespace has two spellings."""
    return next(value for name, value in element.items() if name.endswith("}id"))


def _slide(archive: ZipFile, name: str) -> str:
    """Return the text of a slide, with its charts and diagrams, and what is said about it."""
    members = [*related(archive, name).values()]
    texts = [*lines(xml_in(archive, name)), *(f"\n{text}" for text in beside_text(archive, name))]
    for kind, heading in SAID.items():
        said = "\n".join(
            line for each, member in members if each == kind for line in _said(xml_beside(archive, member))
        )
        texts += [f"\n{heading}: {said}"] * bool(said)
    return "\n".join(texts)


def _said(root: Element) -> Iterator[str]:
    """Yield the lines of notes, and of comments, which had no paragraphs before 2021."""
    yield from filter(None, (comment.findtext("{*}text") for comment in root.iterfind("{*}cm")))
    yield from lines(root)


def _epub(archive: ZipFile) -> Read:
    if RIGHTS in archive.namelist():
        raise Refused("password")
    notes: list[str] = []
    read = in_parts(attempt(partial(_chapter, archive, name, notes)) for name in _spine(archive))
    return read._replace(notes=summed([*read.notes, *notes]))


def _chapter(archive: ZipFile, name: str, notes: list[str]) -> str:
    return markdown_in(archive.read(name), notes, is_xml=True)


def _spine(archive: ZipFile) -> Iterator[str]:
    """Yield the names of the chapters in the order of reading."""
    package = next(each.get("full-path", "") for each in xml_in(archive, CONTAINER).iterfind(".//{*}rootfile"))
    root = xml_in(archive, package)
    targets = {item.get("id"): unquote(item.get("href", "")) for item in root.iterfind(".//{*}manifest/{*}item")}
    for each in root.iterfind(".//{*}spine/{*}itemref"):
        yield beside(package, targets.get(each.get("idref"), ""))


_READERS = {DOCX: word.read, PPTX: _pptx, EPUB: _epub}
