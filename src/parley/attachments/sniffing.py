"""Tell what a file is by its first bytes and the names in its directory, whatever it is called. Pure."""

import codecs
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import IO, NamedTuple

from .packed import names_in
from .results import Refused

HEAD = 4096
"""Bytes that are looked at."""

PDF, HTML, EPUB = "application/pdf", "text/html", "application/epub+zip"
MAIL = "message/rfc822"
"""Also of a page that a browser saved as one file."""
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    f"{OFFICE}{part}" for part in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
XLS, XLSB = "application/vnd.ms-excel", "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

SUFFIXES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".avif": "image/avif",
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".xlsb": XLSB,
    ".xls": XLS,
    ".ods": ODS,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".epub": EPUB,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".eml": MAIL,
    ".mht": MAIL,
    ".mhtml": MAIL,
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".json": "application/json",
}
"""The end of a name → the type that it promises."""
AS_IT_IS = {"text/plain", "text/csv", "text/tab-separated-values", "text/markdown", "application/json"}
"""Types whose text is that of the file."""
_SOURCES = (
    ".txt .text .log .rst .tex .xml .yaml .yml .toml .ini .cfg .conf .sql .sh .py .rb .pl .php .js .mjs .ts .jsx .tsx"
    " .css .scss .c .h .cc .cpp .hpp .cs .java .kt .swift .go .rs .lua .r .jl .hs .ex .erl .clj .scala .dart .vue"
    " .svelte .ipynb .jsonl .ndjson .srt .vtt .ics .vcf .diff .patch .bib .org .adoc .proto .graphql .tf"
)
SOURCES = _SOURCES.split()
TYPES = [kind for kind in SUFFIXES.values() if "." not in kind]
ACCEPT = ",".join(dict.fromkeys([*TYPES, "text/*", *SUFFIXES, *SOURCES]))
"""For ``<input accept>``. HEIC is not in it: a phone that has such photos then gives JPEG."""

_SIGNATURES = [
    (re.compile(pattern, re.DOTALL), found)
    for pattern, found in (
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF.{4}WEBP", "image/webp"),
        (rb".{4}ftyp(?:avi[fs]|mif1.{4,60}avif)", "image/avif"),
        (rb".{4}ftyp(?:hei[cmsx]|hev[cmsx]|m[is]f1)", "heic"),
        (rb"\s*(?:\xef\xbb\xbf)?\s*%PDF-(?![^\r\n]{0,8} [A-Za-z])", PDF),
        (rb"\s*\{\\rtf", "unknown_kind"),
    )
]
_ARCHIVE = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What files of Office began with before 2007, and what those with a password begin with today."""
_IN_ARCHIVES = {
    "word/": DOCX,
    "xl/workbook.bin": XLSB,
    "xl/": XLSX,
    "ppt/": PPTX,
    "META-INF/container.xml": EPUB,
}
TYPES_OF_PARTS = "[Content_Types].xml"
_IN_COMPOUNDS = {
    "EncryptedPackage": "password",
    "Workbook": XLS,
    "Book": XLS,
    "WordDocument": "old_office",
    "PowerPoint Document": "old_office",
    "Current User": "old_office",
}
_COMPOUND_SUFFIXES = {".xls": XLS, ".doc": "old_office", ".ppt": "old_office"}
_OPEN_DOCUMENTS = {
    EPUB: EPUB,
    ODS: ODS,
    "application/vnd.oasis.opendocument": "open_document",
}
_MIMETYPE = re.compile(rf".{{26}}\x08\0.{{2}}mimetype({'|'.join(map(re.escape, _OPEN_DOCUMENTS))})".encode(), re.DOTALL)
_PAGE = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADERS = re.compile(rb"(?:From [^\n]*\n)?[!-9;-~]{1,70}:")
"""How a mail begins, also one that was taken out of a mailbox."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\b\x1b"})
_FEW = 50
"""One control character in so many bytes may be a slip; with more it is no text."""
FEWEST_IN_USE = 12
_IN_USE = re.compile(
    "[\t\n\r -~\xa0-\xff\u0370-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u10a0-\u10ff\u2010-\u2044"
    "\u20a0-\u20bf\u2116\u2122\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef\U0001f300-\U0001faff]"
)
"""Characters of the scripts that texts are written in today."""


class Verdict(NamedTuple):
    """What a file is. ``kind``: picture, document or text; or, where it is refused, ``error`` alone."""

    kind: str
    media_type: str
    error: str = ""


def sniffed(file: IO[bytes], name: str) -> Verdict:
    """Return what a seekable file is, and go back to its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    try:
        return sniff(head, name, _members(file, head))
    except Refused as refused:
        return Verdict("", "", refused.code)
    finally:
        file.seek(0)


def sniff(head: bytes, name: str, members: Sequence[str] = ()) -> Verdict:
    """Return what a file is by its first ``HEAD`` bytes, and by ``members`` where it has a directory.

    >>> sniff(b"%PDF-1.7", "a.html")
    Verdict(kind='document', media_type='application/pdf', error='')
    >>> sniff(b"", "a.txt").error
    'empty'
    """
    found = _found(head, PurePath(name).suffix.lower(), members)
    if "/" not in found:
        return Verdict("", "", found)
    kind = "picture" if found.startswith("image/") else "text" if found in AS_IT_IS else "document"
    return Verdict(kind, found)


def is_named_otherwise(name: str, media_type: str) -> bool:
    """Tell whether a name promises another type than the content is of.

    >>> is_named_otherwise("a.pdf", "text/html"), is_named_otherwise("a.py", "text/plain")
    (True, False)
    """
    return _promised(PurePath(name).suffix.lower()) not in ("", media_type)


def encoding_told(head: bytes) -> str:
    """Return the encoding that a byte order mark tells, or what is only text in UTF-16 without one; or "".

    >>> encoding_told("ä".encode("utf-16")), encoding_told("abc".encode("utf-16-le"))
    ('utf-16', 'utf-16-le')
    >>> encoding_told("Привет\\n".encode("utf-16-be")), encoding_told("Привет\\n".encode())
    ('utf-16-be', '')
    """
    told = (encoding for mark, encoding in _MARKS.items() if head.startswith(mark))
    halves = {"utf-16-be": (head[::2], head[1::2]), "utf-16-le": (head[1::2], head[::2])}
    unmarked = (each for each, (high, low) in halves.items() if _is_latin(high, low))
    return next(told, "") or next(unmarked, "") or ("" if _is_text(head) else _of_other_scripts(head))


def _of_other_scripts(head: bytes) -> str:
    """Return the order of bytes in which nearly all is of scripts in use; of both, that with fewer high bytes."""
    high = {"utf-16-be": head[::2], "utf-16-le": head[1::2]}
    fitting = [each for each in high if _is_in_scripts(head.decode(each, "replace"), {*high[each]})]
    return min(fitting, key=lambda each: len({*high[each]}), default="")


def _is_in_scripts(text: str, high: set[int]) -> bool:
    """Tell whether nearly all is of scripts in use, and not by chance: of bytes of any kind, two thirds are."""
    used = len(_IN_USE.findall(text))
    is_chance = len(text) < FEWEST_IN_USE and len(high) > len(text) // 2 and not {*" \n"} & {*text}
    return bool(text) and not is_chance and len(text) - used <= len(text) // _FEW


def _is_latin(high: bytes, low: bytes) -> bool:
    """Tell whether these are the high and low bytes of a text in UTF-16 of which nearly all is Latin."""
    return len(high) - high.count(0) <= len(high) // 10 and len(low) > 1 and _is_text(low)


def _found(head: bytes, suffix: str, members: Sequence[str]) -> str:
    """Return a media type, or the code of a refusal."""
    if not head:
        return "empty"
    if head.startswith(_ARCHIVE):
        return _in_archive(head, suffix, members)
    if _is_compound(head):
        return _in_compound(suffix, members)
    signed = (found for pattern, found in _SIGNATURES if pattern.match(head))
    return next(signed, "") or _text(head, suffix)


def _in_archive(head: bytes, suffix: str, members: Sequence[str]) -> str:
    if declared := _MIMETYPE.match(head):
        return _OPEN_DOCUMENTS[declared[1].decode()]
    held = (
        found
        for start, found in _IN_ARCHIVES.items()
        if any(name.startswith(start) for name in members)
        and (not start.endswith("/") or _is_office(found, suffix, members))
    )
    return next(held, "") or _by_name(suffix, members)


def _is_office(found: str, suffix: str, members: Sequence[str]) -> bool:
    """Tell whether a file of Office is one, by its list of types or its name, and not a folder that is called so."""
    return TYPES_OF_PARTS in members or SUFFIXES.get(suffix) == found


def _by_name(suffix: str, members: Sequence[str]) -> str:
    """Return what an archive may be that does not begin as its kind should, or whose directory cannot be read."""
    if suffix.startswith(".od") and "content.xml" in members:
        return SUFFIXES.get(suffix, "open_document")
    return "damaged" if suffix in SUFFIXES and not members else "archive"


def _in_compound(suffix: str, members: Sequence[str]) -> str:
    """Return what a directory tells, of which only the beginning was read; else what the name promises."""
    held = (found for name, found in _IN_COMPOUNDS.items() if name in members)
    promised = "password" if SUFFIXES.get(suffix, "").startswith(OFFICE) else "unknown_kind"
    return next(held, _COMPOUND_SUFFIXES.get(suffix, promised))


def _members(file: IO[bytes], head: bytes) -> list[str]:
    if head.startswith(_ARCHIVE):
        return names_in(file)
    return _streams(file, head) if _is_compound(head) else []


def _is_compound(head: bytes) -> bool:
    return head.startswith(_COMPOUND) and len(head) > 512


def _streams(file: IO[bytes], head: bytes) -> list[str]:
    """Return the names at the beginning of the directory of a compound file."""
    sector, shift = int.from_bytes(head[48:52], "little"), min(head[30], 12)
    file.seek((sector + 1) << shift)
    entries = file.read(HEAD)
    named = (entries[at : at + 64].decode("utf-16-le", "ignore") for at in range(0, len(entries), 128))
    return [name.split("\0")[0] for name in named]


def _text(head: bytes, suffix: str) -> str:
    """Return the type of a text: source code may begin as HTML. A picture by its name only is none."""
    promised = _promised(suffix)
    encoding = encoding_told(head)
    if not encoding and not _is_text(head):
        late = PDF if b"%PDF-" in head[:1024] else ""
        return late or ("not_text" if promised in (HTML, MAIL, *AS_IT_IS) else "unknown_kind")
    if promised.startswith("image/"):
        return "damaged"
    if promised in AS_IT_IS or (promised == MAIL and _HEADERS.match(head)):
        return promised
    return HTML if promised == HTML or _PAGE.match(head.decode(encoding or "latin-1", "ignore")) else "text/plain"


def _promised(suffix: str) -> str:
    return SUFFIXES.get(suffix, "text/plain" if suffix in SOURCES else "")


def _is_text(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\0" not in head and controls <= len(head) // _FEW
