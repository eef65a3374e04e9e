"""Loads the files of a branch and of its folder, with what replies above were sent of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Left

from parley.conf import conf
from parley.models import Attached, Attachment, AttachmentText, Message
from parley.models.attached import Octets

from .history import History
from .inclusion import BYTES_PER_TOKEN, MAX_NAMED, PIXELS_PER_TOKEN, SHARE_FOR_FILES, File, Picture, unnamed
from .prompt import Turn

Takes = Callable[[], bool | None]
"""Returns whether the model takes pictures, None where nobody knows."""
Texts = dict[UUID, tuple[str, list[int]] | None]
"""The beginning of a text, and the first character of each page; None where it is missing."""
UNREAD: dict[str, str] = {Attachment.Status.FAILED: "failed", Attachment.Status.GONE: "gone"}
REFUSED = {"failed": "file_unread", "gone": "missing", "missing": "missing"}
"""Why nothing of a file can be sent → the error of a reply to the very question that has it."""


class Noted(NamedTuple):
    """What Message.included of the replies above says of files, by their ids.

    ``sent``: the last entry of each of which something was sent, of a text for the same window. ``hidden``: pictures
    that were kept from this model. ``crowded``: those for which there was no room in the same window. ``names``: as
    the requests called them, whatever they are called since: the beginning of the next request is that of the last.
    """

    sent: Mapping[str, dict[str, Any]] = {}
    hidden: Collection[str] = ()
    crowded: Collection[str] = ()
    names: Mapping[str, str] = {}

    def upto(self, row: Attachment) -> int | None:
        """Return how many of its characters were sent, None if nothing was; an import may tell of more."""
        upto: int | None = self.sent.get(str(row.pk), {}).get("upto")
        return None if upto is None else min(upto, row.characters)


class Unsendable(Exception):
    """A file of the question itself cannot be sent: a code of parley.errors, and the name of the file."""


def load(reply: Message, read: History, window: int, takes: Takes) -> tuple[list[Turn], list[File]]:
    """Return the turns with their files, and the files of the folder. Raises Unsendable.

    Where there are none, a query is made only if the conversation is in a folder.
    """
    uses, cut = _uses(reply, read)
    files = _files(reply, read, uses, window, takes) if uses else {}
    of: dict[UUID | None, list[File]] = defaultdict(list)
    for use in uses:
        of[use.message_id].append(files[use.attachment_id])
    pairs = zip(read.ids, read.turns, strict=True)
    turns = [turn._replace(files=of.get(pk, ()), unnamed=cut[pk]) for pk, turn in pairs]
    return turns, of[None]


def measured(rows: Iterable[Attachment]) -> list[File]:
    """Return attachments as files whose texts are not read, but measured."""
    rows = list(rows)
    texts = AttachmentText.objects.filter(pk__in=[row.pk for row in rows])
    sizes: dict[UUID, int] = dict(texts.values_list("pk", Octets("text")))
    read: Texts = {row.pk: ("", []) if row.pk in sizes else None for row in rows}
    return [_file(row, read, Noted(), None)._replace(bytes=sizes.get(row.pk)) for row in rows]


def _uses(reply: Message, read: History) -> tuple[list[Attached], Counter[UUID | None]]:
    """Return the uses of files by the folder, and by these questions, the newest first → (those named, the others).

    The others are counted by their question; without them there is one query.
    """
    folder_id = reply.conversation.folder_id
    wanted = Q(message__in=read.asking) if read.asking else Q()
    if folder_id:
        wanted |= Q(folder=folder_id, on=True)
    order = F("message_id").desc(nulls_first=True), "position", "id"
    rows = Attached.objects.filter(wanted).order_by(*order)
    uses = list(rows.select_related("attachment")[: MAX_NAMED + 1]) if wanted else []
    if len(uses) <= MAX_NAMED:
        return uses, Counter()
    named = (count := rows.count()) - unnamed(count)
    return uses[:named], Counter(rows.values_list("message_id", flat=True)[named:])


def _files(reply: Message, read: History, uses: Sequence[Attached], window: int, takes: Takes) -> dict[UUID, File]:
    """Return the used files by their ids, with as much of each text as all files may take of the window."""
    most = int(window * SHARE_FOR_FILES * BYTES_PER_TOKEN) + 1
    rows = [use.attachment for use in uses]
    own = [use.attachment for use in uses if read.asking and use.message_id == read.ids[-1]]
    noted = _noted(reply, read.ids, window) if len(own) < len(rows) else Noted()
    able = _able(reply, rows, own, takes)
    texts = _texts(_worth_reading(uses, own, noted, most), most)
    files = {row.pk: _file(row, texts, noted, able) for row in rows}
    for row in own:
        if error := REFUSED.get(files[row.pk].why):
            raise Unsendable(error, row.name)
    return files


def _noted(reply: Message, above: Sequence[UUID], window: int) -> Noted:
    rows = Message.objects.filter(pk__in=above, included__isnull=False).values_list("pk", "model", "included")
    notes = {pk: (model, included) for pk, model, included in rows}
    entries = [(notes[pk][0], entry) for pk in above if pk in notes for entry in notes[pk][1]]
    here = {entry["id"]: entry["why"] for model, entry in entries if model == reply.model}
    same = [entry for _, entry in entries if entry.get("window", window) == window or not entry["of"]]
    sent = {entry["id"]: entry for entry in same if entry["upto"] or not entry["why"]}
    last = {entry["id"]: entry["why"] in ("room", "many") and not entry["upto"] for entry in same}
    hidden = {pk for pk, why in here.items() if why == "pictures"}
    names = {entry["id"]: entry["name"] for _, entry in entries}
    return Noted(sent, hidden, {pk for pk, crowded in last.items() if crowded}, names)


def _able(reply: Message, rows: Iterable[Attachment], own: Iterable[Attachment], takes: Takes) -> bool | None:
    """Return whether pictures are sent, None where nobody knows what comes of it.

    A model that takes none is not asked a question with pictures; those of earlier questions are left out, and said.
    """
    if not any(row.is_picture for row in rows):
        return None
    able = False if reply.without_pictures else takes()
    if able is False and not reply.without_pictures and any(row.is_picture for row in own):
        raise Unsendable("no_pictures", "")
    return able


def _worth_reading(uses: Iterable[Attached], own: Sequence[Attachment], noted: Noted, most: int) -> list[UUID]:
    """Return the documents of the question itself, and those of the folder, and of older ones, that may fit.

    Which of them do is decided later: one that does not must not keep the next ones from being read.
    """
    ids, left = [], 2 * most
    for use in uses:
        row, older = use.attachment, use.message_id is not None and use.attachment not in own
        size = noted.upto(row) or min(row.characters, most // conf.MAX_FILES if older else row.characters)
        if str(row.pk) in noted.crowded and older:
            continue
        if row.is_ready and not row.is_picture and (row in own or 0 < size <= (left if older else most)):
            ids.append(row.pk)
            left -= size if older else 0
    return ids


def _texts(ids: list[UUID], most: int) -> Texts:
    rows = AttachmentText.objects.filter(pk__in=ids).annotate(head=Left("text", most))
    found = rows.values_list("pk", "head", "breaks") if ids else ()
    return {**dict.fromkeys(ids), **{pk: (head, breaks) for pk, head, breaks in found}}


def _file(row: Attachment, texts: Texts, noted: Noted, able: bool | None) -> File:
    text, breaks = texts.get(row.pk) or ("", [])
    hidden = able is False or (able is None and str(row.pk) in noted.hidden)
    picture = _picture(row) if row.is_picture else None
    why, sent, notes = _why(row, texts, hidden), noted.upto(row), row.notes
    crowded, name = str(row.pk) in noted.crowded, noted.names.get(str(row.pk), row.name)
    return File(row.pk, name, text, row.characters, breaks, picture, why, sent, row.pages, notes, crowded)


def _picture(row: Attachment) -> Picture:
    tokens = (row.width or 0) * (row.height or 0) // PIXELS_PER_TOKEN
    return Picture(row.name, row.picture, row.media_type, row.size, tokens)


def _why(row: Attachment, texts: Texts, hidden: bool) -> str:
    """Return why nothing can be sent, or "". ``hidden``: pictures are kept from this model."""
    if not row.is_ready:
        return UNREAD.get(str(row.status), "unread")
    if row.is_picture:
        return "pictures" if hidden else "" if row.picture else "missing"
    if row.pk not in texts:
        return "room"
    return "" if texts[row.pk] else "missing"
