"""Read PDF page by page. Pure."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import pypdf
from pypdf.errors import LimitReachedError

from .results import Read, Refused, attempt, in_parts

MAX_PAGES = 1_000
FEW = 20
"""Visible characters below which a page with a picture is a scan: they are its number."""
UNFILLED = ("", "/Off")
NOT_SAID = ("/Link", "/Widget", "/Popup", "/FileAttachment")
"""Annotations whose contents are not what a reader has written."""
MAX_COMMENTS = 500
"""Annotations of a page that are looked at."""

LARGEST_SIGN = 100
"""Pixels of the shorter side of what may be a logo; a larger picture shows something."""

T = TypeVar("T")

pypdf.overwrite_configuration(jbig2dec_binary=None)  # It would start a program.


def read(path: str, media_type: str) -> Read:
    """Return the text of all pages. Raises Refused."""
    try:
        return _read(pypdf.PdfReader(path))
    except LimitReachedError as error:
        raise Refused("too_large_unpacked") from error


def _read(document: pypdf.PdfReader) -> Read:
    if document.is_encrypted and not document.decrypt(""):
        raise Refused("password")
    pages = _count(document)
    if pages > MAX_PAGES:
        raise Refused("too_many_pages", pages=pages)
    lengths: dict[int, int] = {}
    read = in_parts(_texts(document, lengths), "no_text")
    scanned = [at for at, length in lengths.items() if length < FEW and _has_pictures(document.pages[at])]
    if len(scanned) == pages:
        raise Refused("no_text")
    notes = [*read.notes, *[f"no_text:{len(scanned)}"] * bool(scanned), *_left_out(document, {*lengths} - {*scanned})]
    empty = max(0, read.empty - sum(not lengths[at] for at in scanned))
    return read._replace(pages=pages, notes=notes, empty=empty)


def _left_out(document: pypdf.PdfReader, pages: set[int]) -> Iterator[str]:
    """Yield notes on a form only in XFA, which few programs show, on files in the file, and on pictures of pages."""
    form, names = (_part(document.root_object, name) for name in ("/AcroForm", "/Names"))
    yield from ["xfa"] * ("/XFA" in form and not form.get("/Fields"))
    yield from ["embedded"] * ("/EmbeddedFiles" in names)
    shown = sum(_unless_damaged(partial(_shows, document.pages[at]), False) for at in pages)
    yield from [f"pages_with_pictures:{shown}"] * bool(shown)


def _shows(page: pypdf.PageObject) -> bool:
    """Tell whether a page has a picture larger than a logo."""
    drawn = _part(_part(page, "/Resources"), "/XObject").values()
    sizes = (each.get_object() for each in drawn)
    return any(min(each.get("/Width", 0), each.get("/Height", 0)) > LARGEST_SIGN for each in sizes)


def _part(held: Any, name: str) -> Any:
    """Return the dictionary in another that has this name, {} where there is none."""
    part = held.get(name)
    found = part.get_object() if part is not None else None
    return found if isinstance(found, dict) else {}


def _texts(document: pypdf.PdfReader, lengths: dict[int, int]) -> Iterator[str | BaseException]:
    """Yield the text of each page and its comments, and after the last what was filled into a form.

    ``lengths``: gets how many visible characters the text of each page has that can be read.
    """
    for number in range(len(document.pages)):
        yield attempt(partial(_text, document, number, lengths))


def _text(document: pypdf.PdfReader, number: int, lengths: dict[int, int]) -> str:
    page = document.pages[number]
    printed = page.extract_text()
    lengths[number] = len("".join(printed.split()))
    text = "\n".join([printed, *(f"Comment: {said}" for said in _comments(page))])
    return text + (_filled_in(document) if number == len(document.pages) - 1 else "")


def _comments(page: pypdf.PageObject) -> list[str]:
    """Return what readers have written onto a page."""
    return _unless_damaged(lambda: [*dict.fromkeys(filter(None, _written_on(page)))], [])


def _unless_damaged(read: Callable[[], T | None], otherwise: T) -> T:
    """Return what is read beside the text, or what stands for it where that is damaged, for the text is not."""
    try:
        return read() or otherwise
    except LimitReachedError:
        raise
    except Exception:  # Of many kinds: pypdf trusts what it reads.
        return otherwise


def _written_on(page: pypdf.PageObject) -> Iterator[str]:
    listed = _listed(page)
    for annotation in islice(listed, MAX_COMMENTS):
        each = annotation.get_object()
        yield "" if each.get("/Subtype") in NOT_SAID else str(each.get("/Contents") or "").strip()
    more = len(listed) - MAX_COMMENTS
    yield f"[{more} more marks on this page are left out]" * (more > 0)


def _listed(page: pypdf.PageObject) -> Any:
    annotations = page.get("/Annots")
    return annotations.get_object() if annotations is not None else ()


def _filled_in(document: pypdf.PdfReader) -> str:
    fields: dict[str, Any] = _unless_damaged(lambda: document.get_fields(), {})
    values = ((name, field.value) for name, field in fields.items())
    return "".join(f"\n{name}: {value}" for name, value in values if isinstance(value, str) and value not in UNFILLED)


def _count(document: pypdf.PdfReader) -> int:
    """Return how many pages a document says that it has; if it says few, how many there are."""
    tree = document.root_object.get("/Pages", {}).get_object()
    declared = tree.get("/Count", 0) if isinstance(tree, dict) else 0
    return declared if isinstance(declared, int) and declared > MAX_PAGES else len(document.pages)


def _has_pictures(page: pypdf.PageObject) -> bool:
    return _unless_damaged(lambda: bool(page.images.keys()), False)
