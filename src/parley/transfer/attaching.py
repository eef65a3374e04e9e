"""Bring in the files that documents name: as attachments, which workers read again under the limits of an upload."""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from typing import IO, Any
from zipfile import ZipInfo

from django.core.files.base import File

from parley import files
from parley.attachments.sniffing import sniffed
from parley.conf import conf
from parley.models import Attachment
from parley.models.admission import storage_left
from parley.models.locks import DATABASE_AWAY
from parley.text import clean_line

from .formats import asset_of
from .reporting import Warnings
from .streams import CHUNK, Refused
from .unpacking import Archive

MOST = 2_000
"""Files of one import: each claim looks at all that wait."""
PICTURE = "image/"


class Lost(Exception):
    """Raised where a file does not come in. ``str()``: a key of warnings.LABELS."""


class Files:
    """The files of one import. ``held``: what documents call them; ``used``: names of members that came in;
    ``ids``: id in the documents → of the attachment.

    ``warnings``: of the last conversation.
    """

    def __init__(self, owner: Any, on_work: Callable[[], None]) -> None:
        """Call ``on_work`` after each chunk; what it raises goes up."""
        self._owner, self._on_work = owner, on_work
        self._archive: Archive | None = None
        self.held: dict[str, ZipInfo] = {}
        self.used: set[str] = set()
        self.ids: dict[str, str] = {}
        self.warnings = Warnings()
        self._known: dict[str, Attachment] = {}
        self._new: dict[str, Attachment] = {}
        self._room: int | None = None

    def open(self, archive: Archive) -> None:
        """Take the files from this archive."""
        self._archive = archive
        for entry in archive.files:
            self.held.setdefault(entry.filename, entry)
            self.held.setdefault(asset_of(entry.filename) or entry.filename, entry)

    @contextmanager
    def of_one_conversation(self) -> Iterator[None]:
        """Bring in the files of a conversation; if it is not written, remove what was stored for it."""
        self._new, self.warnings = {}, Warnings()
        try:
            yield
            self._known |= self._new
        except BaseException:
            with suppress(*DATABASE_AWAY):
                self._forget()
            raise

    def _forget(self) -> None:
        ids = [one.pk for one in self._new.values()]
        there = set(Attachment.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for one in self._new.values():
            if one.pk not in there:
                one.remove_files()

    def bring_in(self, entries: list[dict[str, str]]) -> tuple[list[Attachment], list[dict[str, Any]]]:
        """Store the files of a question (see ``codec.ATTACHMENT``) → (attachments, parts that name the others).

        An attachment is a row that is not saved yet, or one that an earlier question or conversation came in with.
        """
        found, parts = {}, []
        for entry in entries:
            try:
                one = self._one(entry)
                found[one.pk] = one
                self.ids |= {entry["id"]: str(one.pk)} if entry.get("id") else {}
            except Lost as lost:
                parts.append(self._named(entry, str(lost)))
        return list(found.values()), parts

    def _named(self, entry: dict[str, str], why: str) -> dict[str, Any]:
        name = entry["name"] or clean_line(entry["path"][:200].rpartition("/")[2].partition(";")[0], 200)
        self.warnings.add(why, place=name)
        return {"type": "image" if entry["type"].startswith(PICTURE) else "file", "name": name}

    def _one(self, entry: dict[str, str]) -> Attachment:
        path = entry["path"]
        key = path if path in self.held else sha256(path.encode()).hexdigest()
        if one := self._new.get(key):
            return one
        one = self._known.get(key)
        if one is None or not Attachment.objects.usable().filter(pk=one.pk).exists():
            one = self._new[key] = self._stored(entry, self._content(entry))
        if path in self.held:
            self.used.add(self.held[path].filename)
        return one

    def _content(self, entry: dict[str, str]) -> IO[bytes]:
        """Return the bytes of a file. Raises Lost."""
        path = entry["path"]
        if path.startswith("data:"):
            return BytesIO(_decoded(path))
        if path in self.held:
            return self._unpacked(self.held[path])
        raise Lost("file_missing" if path else "picture" if entry["type"].startswith(PICTURE) else "file")

    def _unpacked(self, member: ZipInfo) -> IO[bytes]:
        if member.file_size > conf.MAX_FILE_SIZE or self._archive is None:
            raise Lost("file_bomb")
        file = files.scratch()
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
                    self._on_work()
        except Refused as refused:
            raise Lost("file_bomb" if str(refused) == "bomb" else "file_damaged") from refused
        return file

    def _stored(self, entry: dict[str, str], file: IO[bytes]) -> Attachment:
        """Keep a file in the storage → its row, which is not saved; workers learn of it by the reaper. Raises Lost."""
        size, digest = file.seek(0, 2), _digest(file)
        if entry["sha256"] not in ("", digest):
            raise Lost("file_damaged")
        one = self._row(entry, file, size=size, digest=digest)
        self._take(size)
        one.file = files.keep(f"{one.place}/original", File(file))
        return one

    def _row(self, entry: dict[str, str], file: IO[bytes], **about: Any) -> Attachment:
        name = entry["name"] or self._name_of(entry["path"])
        kind, media_type, error = sniffed(file, name)
        if error:
            raise Lost("file_refused")
        about |= {"owner": self._owner, "name": name, "alt": entry["alt"], "kind": kind, "media_type": media_type}
        return Attachment(**about, drafted=False, imported=True, enqueued_at=None)

    def _name_of(self, path: str) -> str:
        found = self.held[path].filename if path in self.held else "picture"
        return clean_line(found.rpartition("/")[2], 200) or "file"

    def _take(self, size: int) -> None:
        """Take a file from what the owner may keep. Raises Lost."""
        self._room = storage_left(self._owner) if self._room is None else self._room
        if size > min(self._room, conf.MAX_FILE_SIZE) or len(self._known) + len(self._new) >= MOST:
            raise Lost("file_no_room" if size <= conf.MAX_FILE_SIZE else "file_bomb")
        self._room -= size


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _decoded(url: str) -> bytes:
    """Return the bytes of a ``data:`` URL. Raises Lost."""
    head, _, data = url.partition(",")
    try:
        return base64.b64decode(data if head.endswith(";base64") else "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Lost("file_damaged") from error
