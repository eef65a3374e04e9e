"""Open ZIP files within limits: documents of Office and e-books are such files. Pure."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile
from zlib import error

from .results import Refused

MAX_MEMBERS = 5_000
MAX_UNPACKED = 200_000_000
LARGEST_DIRECTORY = 2**20
ENCRYPTED = 1
PICTURES = ("word/media/", "ppt/media/", "xl/media/")
FASTEST = 1
"""The level of compression; an unpacked sheet may have a hundred megabytes."""

Change = Callable[[str, bytes], bytes]
"""A function: the name and the content of a member → its content."""


class _Guarded:
    """A file of which at most ``LARGEST_DIRECTORY`` bytes are read at once: zipfile reads a whole directory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > LARGEST_DIRECTORY:
            raise Refused("too_large_unpacked")
        return self._file.read(size if size >= 0 else LARGEST_DIRECTORY)


def names_in(file: Any) -> list[str]:
    """Return the names in a ZIP's directory; [] where it cannot be read. Raises Refused where it is too large."""
    try:
        return [*map(slashed, ZipFile(_Guarded(file)).namelist())]
    except Refused:
        raise
    except Exception:  # Of many kinds: zipfile trusts what it reads.
        return []


def opened(path: str) -> ZipFile:
    """Open a file whose members, as declared, are few and small enough: zipfile reads no more than is declared."""
    archive = ZipFile(path)
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refused("too_large_unpacked")
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise Refused("password")
    return _with_slashes(archive)


def slashed(name: str) -> str:
    """Return the name of a member as it should be: some programs on Windows write backslashes.

    >>> slashed("xl\\\\workbook.xml")
    'xl/workbook.xml'
    """
    return name.replace("\\", "/")


def _with_slashes(archive: ZipFile) -> ZipFile:
    """Return an archive whose names have no backslashes; in memory, for mammoth and calamine open it again."""
    if not any("\\" in name for name in archive.namelist()):
        return archive
    with archive:
        return ZipFile(copied(archive, lambda name, content: content))


def copied(archive: ZipFile, change: Change) -> BytesIO:
    """Return a copy with other contents of its members, without pictures, and without what is damaged."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=FASTEST) as copy:
        for name in archive.namelist():
            with suppress(BadZipFile, error):
                content = b"" if slashed(name).startswith(PICTURES) else archive.read(name)
                copy.writestr(slashed(name), change(name, content))
    return file


class _WithoutDoctype(TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse the place where entities are declared, before any is."""
        raise Refused("damaged")


def xml_in(archive: ZipFile, name: str) -> Element:
    """Return the root of an XML member. Raises Refused for one that declares entities."""
    parser = XMLParser(target=_WithoutDoctype())
    parser.feed(archive.read(name))
    return parser.close()


def xml_beside(archive: ZipFile, name: str) -> Element:
    """Return the root of an XML member that stands beside a text; an empty one where it is damaged: the text is not."""
    try:
        return xml_in(archive, name)
    except (ParseError, BadZipFile, error):
        return Element("damaged")


def relations(archive: ZipFile, name: str) -> Iterable[Element]:
    """Return to what a member refers, in the archive or elsewhere."""
    path = PurePosixPath(name)
    listed = f"{path.parent}/_rels/{path.name}.rels".removeprefix("./")
    return xml_in(archive, listed) if listed in archive.NameToInfo else ()


def related(archive: ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Return id → kind and name of each member that is there and to which one refers."""
    names = {*archive.namelist()}
    targets = ((each, beside(name, each.get("Target", ""))) for each in relations(archive, name))
    return {
        each.get("Id", ""): (each.get("Type", "").rpartition("/")[2], target)
        for each, target in targets
        if target in names
    }


def main_part(archive: ZipFile, usual: str) -> str:
    """Return the name of the member that a file of Office begins with."""
    main = (member for kind, member in related(archive, "").values() if kind == "officeDocument")
    return next(main, usual)


def beside(name: str, target: str) -> str:
    """Return the name of the member to which one refers.

    >>> beside("ppt/slides/slide1.xml", "../notesSlides/notesSlide1.xml")
    'ppt/notesSlides/notesSlide1.xml'
    """
    parts: list[str] = []
    for part in (PurePosixPath("/") / PurePosixPath(name).parent / target).parts[1:]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)
