"""Read documents of Word, with what stands between and beside their paragraphs. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from typing import IO
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.expatreader import ExpatParser
from zipfile import ZipFile

import mammoth

from .drawings import beside_text, kind_of, lines, pictures_in
from .hypertext import markdown_in, markdown_of
from .missing import missing
from .packed import copied, main_part, related, xml_beside, xml_in
from .results import Read, Refused, whole

MAIN = "word/document.xml"
COMMENTED = "comment-reference => sup"
"""Where a comment is about, and the comments at the end."""
WRAPPERS = {"fldSimple", "oMathPara", "dir", "bdo"}
"""Elements that mammoth leaves out with all that they hold."""
ASIDE = {"header": "Header", "footer": "Footer"}
EQUATIONS = {
    "f": "({num})/({den})",
    "sSup": "{e}^({sup})",
    "sSub": "{e}_({sub})",
    "sSubSup": "{e}_({sub})^({sup})",
    "rad": "√({e})",
    "nary": "{chr}_({sub})^({sup}) {e}",
    "d": "{begChr}{e}{endChr}",
    "mr": "{e}; ",
}
"""Parts of an equation in one line."""
SIGNS = {"chr": "∫", "begChr": "(", "endChr": ")"}
"""What an equation has where it does not say which."""
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ODD = re.compile(rb":(?:oMath|fldSimple|ruby|dir|bdo|AlternateContent|txbxContent)\b")
_DELETED = re.compile(rb"<w:(?:del|moveFrom)\s[^<>]{0,400}(?<!/)>")


def read(archive: ZipFile) -> Read:
    """Return a document as Markdown; pictures are left out, and one that is linked is not looked for."""
    name = main_part(archive, MAIN)
    content = archive.read(name)
    file = _readable(archive, name) if _ODD.search(content) else archive.fp
    html = mammoth.convert_to_html(
        file, convert_image=lambda image: [], external_file_access=False, style_map=COMMENTED
    )
    read = whole("\n\n".join([markdown_of(html.value), *_beside(archive, name)]))
    notes = [*_notes(content), *missing(xml_in(archive, name), html.value), *pictures_in(archive)]
    return read._replace(notes=[*read.notes, *notes])


def _refuse_doctype(*declared: object) -> None:
    raise Refused("damaged")


ExpatParser.start_doctype_decl = _refuse_doctype  # type: ignore[assignment, method-assign]


def _notes(content: bytes) -> Iterator[str]:
    yield from ["equations"] * (b":oMath>" in content)
    deleted = len(_DELETED.findall(content))
    yield from [f"deletions:{deleted}"] * bool(deleted)


def _beside(archive: ZipFile, name: str) -> Iterator[str]:
    """Yield inserted pages, charts, diagrams, and each different line of headers and footers that has a letter."""
    members = [*related(archive, name).values()]
    yield from (page for kind, member in members if kind == "aFChunk" for page in _pages(archive, member))
    yield from beside_text(archive, name)
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for kind, member in members:
        if kind in ASIDE:
            found[kind] |= dict.fromkeys(filter(_has_letters, lines(xml_beside(archive, member))))
    for kind, said in found.items():
        yield from [f"{ASIDE[kind]}: " + "\n".join(said)] * bool(said)


def _pages(archive: ZipFile, member: str) -> Iterator[str]:
    """Yield a page of HTML, or those in an archive of MIME, as programs for the web export documents."""
    if member.endswith((".mht", ".mhtml")):
        parts = message_from_bytes(archive.read(member)).walk()
        pages = [part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/html"]
        yield from (markdown_in(page) for page in pages if isinstance(page, bytes))
    elif member.endswith((".htm", ".html", ".xhtml")):
        yield markdown_in(archive.read(member))


def _has_letters(line: str) -> bool:
    return any(map(str.isalpha, line))


def _readable(archive: ZipFile, name: str) -> IO[bytes]:
    """Return the document with what mammoth passes over in a form that it reads."""
    root = xml_in(archive, name)
    for element in [*root.iter()]:
        element[:] = _mended(element)
    mended = tostring(root)
    return copied(archive, lambda member, content: mended if member == name else content)


def _mended(children: Iterable[Element]) -> Iterator[Element]:
    for child in children:
        tag, namespace = kind_of(child), child.tag.rpartition("}")[0] + "}"
        if tag in WRAPPERS:
            yield from _mended(child)
        elif tag == "ruby":
            yield from _mended(child.iterfind("{*}rubyBase/*"))
            yield from _spoken(child)
        elif tag == "oMath":
            yield _run(_equation(child))
        else:
            if tag == "AlternateContent" and child.find("{*}Fallback") is None:
                child[0].tag = f"{namespace}Fallback"
            elif tag == "drawing" and (boxes := [*child.iterfind(".//{*}txbxContent")]):
                child.tag, child[:] = f"{namespace}pict", boxes
            yield child


def _spoken(ruby: Element) -> Iterator[Element]:
    """Yield how a word is spoken, in brackets after it."""
    text = "".join(each.text or "" for each in ruby.iterfind("{*}rt//{*}t"))
    yield from [_run(f"({text})")] * bool(text)


def _run(text: str) -> Element:
    run = Element(f"{W}r")
    SubElement(run, f"{W}t").text = text
    return run


def _equation(element: Element) -> str:
    """Return an equation, or a part of one, in one line."""
    tag = kind_of(element)
    if tag == "t":
        return element.text or ""
    parts = defaultdict(str, {kind_of(child): _equation(child) for child in element})
    if tag not in EQUATIONS:
        return "".join(_equation(child) for child in element)
    signs = {kind: _sign(element, kind) for kind in SIGNS}
    return EQUATIONS[tag].format_map(defaultdict(str, {**parts, **signs, "e": _bases(element)}))


def _bases(element: Element) -> str:
    return ", ".join(map(_equation, element.iterfind("{*}e")))


def _sign(element: Element, kind: str) -> str:
    given = element.find(f"{{*}}{kind_of(element)}Pr/{{*}}{kind}")
    if given is None:
        return SIGNS[kind]
    return next((value for name, value in given.items() if name.endswith("val")), "")
