"""Write all or some conversations of a person into a ZIP archive.

files/<id>-<name>: the files of folders and questions, each once; settings.json: folders and presets;
conversations/<id>.json: documents; markdown/…: the same for people; manifest.json, the last: counts.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.core.files.base import File
from django.utils import timezone

from parley import files
from parley.codec import NAMED_SETTINGS, STAMP, written
from parley.models import Attachment, Conversation, Folder, Preset

from .captions import LONGEST_NAME, file_name, plain_name
from .document import Kept, dumped, encoded, json_of, named_file
from .readable import markdown_of

OnProgress = Callable[[int, int], None]
Counts = dict[str, int]


def write_archive(file: IO[bytes], owner: Any, chosen: list[str], on_progress: OnProgress) -> Counts:
    """Write one conversation after the other into a file → counts by kind. ``chosen``: ids; empty for everything."""
    mine = Conversation.objects.visible_to(owner).newest_first()
    ids = list((mine.filter(pk__in=chosen) if chosen else mine).values_list("pk", flat=True))
    counts = {"conversations": 0, "messages": 0}
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        packed = Files(archive, lambda: on_progress(counts["conversations"], len(ids)))
        counts |= _add_settings(archive, owner, packed, chosen)
        for conversation in _each(owner, ids, on_progress):
            packed.add(Attachment.objects.usable().filter(uses__message__conversation=conversation).distinct())
            counts["messages"] += _add_conversation(archive, conversation, packed.kept)
            counts["conversations"] += 1
        counts |= {"files": len(packed.kept), "missing_files": len(packed.missing)}
        manifest = {**STAMP, "exported_at": timezone.now().isoformat(), "counts": counts}
        _add(archive, "manifest.json", [dumped(manifest)])
    return counts


class Files:
    """Write files into an archive, each once. ``kept``: those that are in it; ``missing``: all others."""

    def __init__(self, archive: ZipFile, on_work: Callable[[], None]) -> None:
        """Call ``on_work`` after each chunk; what it raises goes up."""
        self.kept: dict[UUID, dict[str, Any]] = {}
        self.missing: set[UUID] = set()
        self._archive, self._on_work = archive, on_work

    def add(self, attachments: Iterable[Attachment]) -> None:
        """Add these from the storage, or note that they are not there; of a picture only what was made of it."""
        for one in attachments:
            if one.pk in self.kept:
                continue
            try:
                with _opened(one) as source:
                    self.kept[one.pk] = self._write(one, iter(source.chunks()))
            except FileNotFoundError:
                self.missing.add(one.pk)

    def _write(self, one: Attachment, chunks: Iterator[bytes]) -> dict[str, Any]:
        path, digest, size = f"files/{one.pk}-{plain_name(one.name)[-LONGEST_NAME:].rstrip(' .')}", sha256(), 0
        first = next(chunks, b"")  # Some storages say only now that a file is missing; then no member was begun.
        with self._archive.open(_entry(path, one.created_at, stored=one.is_picture), "w", force_zip64=True) as member:
            for chunk in chain([first], chunks):
                digest.update(chunk)
                size += member.write(chunk)
                self._on_work()
        return {"path": path, "size": size, "sha256": digest.hexdigest()}


def _opened(one: Attachment) -> "File[Any]":
    """Open a file; raise FileNotFoundError, also for a picture that is not read: nothing leaves as it was uploaded."""
    if name := one.picture if one.is_picture else one.file:
        return files.storage().open(name)
    raise FileNotFoundError


def _each(owner: Any, ids: list[UUID], on_progress: OnProgress) -> Iterator[Conversation]:
    """Yield the conversations that still exist when their turn comes."""
    for number, pk in enumerate(ids):
        on_progress(number, len(ids))
        yield from Conversation.objects.visible_to(owner).select_related("folder").filter(pk=pk)
    on_progress(len(ids), len(ids))


def _add_settings(archive: ZipFile, owner: Any, packed: Files, chosen: list[str]) -> Counts:
    """Write folders and presets, which conversations refer to, so they come first → counts by kind.

    Folders come with their files, unless some conversations were chosen that are not in them.
    """
    folders = Folder.objects.visible_to(owner)
    full = folders.filter(conversations__in=chosen) if chosen else folders
    packed.add(Attachment.objects.usable().filter(uses__folder__in=full).distinct())
    settings = {
        "folders": [{**written(folder, NAMED_SETTINGS), **_files_of(folder, packed)} for folder in folders],
        "presets": [written(preset, NAMED_SETTINGS) for preset in Preset.objects.visible_to(owner)],
    }
    _add(archive, "settings.json", [dumped({**STAMP, **settings})])
    return {name: len(rows) for name, rows in settings.items()}


def _files_of(folder: Folder, packed: Files) -> dict[str, Any]:
    uses = folder.attached.select_related("attachment").exclude(attachment__status=Attachment.Status.GONE)
    rows = [{**named_file(use.attachment, packed.kept), "on": use.on} for use in uses]
    return {"attachments": rows} if rows else {}


def _add_conversation(archive: ZipFile, conversation: Conversation, kept: Kept) -> int:
    """Write a conversation twice → the number of its messages: all pieces of its JSON but the first and the last."""
    fragments = _add(archive, f"conversations/{conversation.pk}.json", json_of(conversation, kept), conversation)
    readable = file_name(f"{conversation.created_at:%Y-%m-%d} {conversation.title}", f"{conversation.pk.hex[-12:]}.md")
    _add(archive, f"markdown/{readable}", markdown_of(conversation, kept), conversation)
    return fragments - 2


def _add(archive: ZipFile, name: str, fragments: Iterable[str], conversation: Conversation | None = None) -> int:
    entry = _entry(name, conversation.updated_at if conversation else timezone.now())
    with archive.open(entry, "w", force_zip64=True) as member:
        return sum(1 for fragment in fragments if member.write(encoded(fragment)))


def _entry(name: str, moment: datetime, *, stored: bool = False) -> ZipInfo:
    """Return a member of an archive. ``stored``: without packing it, as it is packed already."""
    entry = ZipInfo(name, (min(max(moment.year, 1980), 2107), *moment.timetuple()[1:6]))
    entry.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
    return entry
