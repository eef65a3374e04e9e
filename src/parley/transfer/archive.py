"""Write all or some conversations of a person into a ZIP archive.

settings.json: folders and presets; conversations/<id>.json: documents; markdown/…: the same for people;
manifest.json, the last: counts.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils import timezone

from parley.codec import NAMED_SETTINGS, STAMP, written
from parley.models import Conversation, Folder, Preset

from .captions import file_name
from .document import dumped, encoded, json_of
from .readable import markdown_of

OnProgress = Callable[[int, int], None]
Counts = dict[str, int]


def write_archive(file: IO[bytes], owner: Any, chosen: list[str], on_progress: OnProgress) -> Counts:
    """Write one conversation after the other into a file → counts by kind. ``chosen``: ids; empty for everything."""
    mine = Conversation.objects.visible_to(owner).newest_first()
    ids = list((mine.filter(pk__in=chosen) if chosen else mine).values_list("pk", flat=True))
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        counts = _add_settings(archive, owner)
        for conversation in _each(owner, ids, on_progress):
            counts["messages"] += _add_conversation(archive, conversation)
            counts["conversations"] += 1
        manifest = {**STAMP, "exported_at": timezone.now().isoformat(), "counts": counts}
        _add(archive, "manifest.json", [dumped(manifest)])
    return counts


def _each(owner: Any, ids: list[UUID], on_progress: OnProgress) -> Iterator[Conversation]:
    """Yield the conversations that still exist when their turn comes."""
    for number, pk in enumerate(ids):
        on_progress(number, len(ids))
        yield from Conversation.objects.visible_to(owner).select_related("folder").filter(pk=pk)
    on_progress(len(ids), len(ids))


def _add_settings(archive: ZipFile, owner: Any) -> Counts:
    """Write folders and presets, which conversations refer to, so they come first → counts by kind."""
    settings = {
        "folders": [written(folder, NAMED_SETTINGS) for folder in Folder.objects.visible_to(owner)],
        "presets": [written(preset, NAMED_SETTINGS) for preset in Preset.objects.visible_to(owner)],
    }
    _add(archive, "settings.json", [dumped({**STAMP, **settings})])
    return {"conversations": 0, "messages": 0, **{name: len(rows) for name, rows in settings.items()}}


def _add_conversation(archive: ZipFile, conversation: Conversation) -> int:
    """Write a conversation twice → the number of its messages: all pieces of its JSON but the first and the last."""
    fragments = _add(archive, f"conversations/{conversation.pk}.json", json_of(conversation), conversation)
    readable = file_name(f"{conversation.created_at:%Y-%m-%d} {conversation.title}", f"{conversation.pk.hex[-12:]}.md")
    _add(archive, f"markdown/{readable}", markdown_of(conversation), conversation)
    return fragments - 2


def _add(archive: ZipFile, name: str, fragments: Iterable[str], conversation: Conversation | None = None) -> int:
    moment = conversation.updated_at if conversation else timezone.now()
    entry = ZipInfo(name, (min(max(moment.year, 1980), 2107), *moment.timetuple()[1:6]))
    entry.compress_type = ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as member:
        return sum(1 for fragment in fragments if member.write(encoded(fragment)))
