"""Write documents as new rows of one owner; no id in a document ever reaches an existing row."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from parley import errors
from parley.codec import CONVERSATION, MESSAGE
from parley.conf import conf
from parley.ids import uuid7
from parley.models import Attached, Attachment, Conversation, Folder, Message, Preset
from parley.models.arriving import Arrival
from parley.models.conversation import title_from
from parley.models.message_queryset import weight_of
from parley.models.portions import ROW
from parley.models.statements import Statement, execute, inserting

from .attaching import Files

WEIGHT_OF_FILE = 10 * ROW
"""Beside its row, it takes its time: a portion must not last longer than the lease of what arrives."""


class Outcome(Enum):
    """What became of a document; the value completes a warning's code."""

    CAME_IN = "came_in"
    EXISTED = "existed"
    TWICE = "twice"
    EMPTY = "empty"


class Loader:
    """Write normalised documents (``formats.normalising``) for one owner, each as a whole or not at all.

    Rows get version 0 and the feed does not move: the caller advances it afterwards.
    """

    def __init__(self, owner: Any, files: Files, above: UUID | None = None) -> None:
        """Load what the owner has. ``above``: higher ids came from an earlier attempt at the same file."""
        self._owner, self._files = owner, files
        mine = Conversation.objects.filter(owner=owner, deleted_at=None)
        self._origins = set(mine.exclude(origin="").values_list("origin", flat=True))
        earlier = mine.filter(pk__gt=above).only("origin", "title", "folder_id") if above else ()
        self._earlier = {one.origin: one for one in earlier}
        self._origins |= {f"parley:{pk}" for pk in mine.values_list("pk", flat=True)}
        self._seen: set[str] = set()
        self._folders = {folder.name: folder.pk for folder in Folder.objects.filter(owner=owner).order_by("-pk")}

    def load(self, document: dict[str, Any], on_work: Callable[[int], None]) -> tuple[Outcome, Conversation | None]:
        """Write a document → (what became of it, its conversation if it came in).

        ``on_work`` gets the number of messages before they are written, and 0 after each portion of them.
        Raises DataError, IntegrityError and what ``on_work`` raises; nothing of the document is kept then.
        """
        raw = document["conversation"]
        if not raw["messages"] and not raw["origin"].startswith("parley:"):
            return Outcome.EMPTY, None
        if raw["origin"] in self._seen:
            return Outcome.TWICE, None
        if raw["origin"] in self._origins:
            self._seen.add(raw["origin"])
            earlier = self._earlier.get(raw["origin"])
            return (Outcome.CAME_IN, earlier) if earlier else (Outcome.EXISTED, None)
        on_work(len(raw["messages"]))
        try:
            conversation = self._write(raw, lambda: on_work(0))
        except IntegrityError:
            if raw["origin"] and Conversation.objects.filter(owner=self._owner, origin=raw["origin"]).exists():
                return Outcome.EXISTED, None
            raise
        self._seen.add(raw["origin"])
        return Outcome.CAME_IN, conversation

    def collect_folder(self, raw: dict[str, Any]) -> bool:
        """Create a folder unless its name is taken → False when the owner has as many as they may.

        Its ``attachments`` come in if it has none.
        """
        name, settings = raw["name"], {key: value for key, value in raw.items() if key != "attachments"}
        if name and name not in self._folders and (folder := _create(Folder, self._owner, settings)):
            self._folders[name] = folder.pk
        if name in self._folders and raw.get("attachments"):
            self._fill(self._folders[name], raw["attachments"][: conf.MAX_FILES])
        return not name or name in self._folders

    def _fill(self, folder: UUID, entries: list[dict[str, Any]]) -> None:
        if Attached.objects.filter(folder=folder).exists():
            return
        with self._files.of_one_conversation():
            found = {one: entry["on"] for entry in entries for one in self._files.bring_in([entry])[0]}
            uses = [
                Attached(attachment=one, folder_id=folder, position=place, on=on)
                for place, (one, on) in enumerate(found.items())
            ]
            with transaction.atomic():
                execute([*_inserting_new(found), *inserting(uses)])

    def collect_preset(self, raw: dict[str, Any]) -> bool:
        """Create a preset unless an equal one exists → False when the owner has as many as they may."""
        is_there = not raw["name"] or Preset.objects.filter(owner=self._owner, **raw).exists()
        return is_there or _create(Preset, self._owner, raw) is not None

    def _write(self, raw: dict[str, Any], on_portion: Callable[[], None]) -> Conversation:
        now = timezone.now()
        ids, folder = _ids(raw["messages"]), self._folder(raw["folder"])
        conversation = Conversation(**_facts(raw, now), owner=self._owner, folder_id=folder)
        conversation.shown_id = ids.get(raw["shown"])
        rows = (self._with_files(message, conversation, ids, now) for message in raw["messages"])
        with self._files.of_one_conversation():
            Arrival(conversation, on_portion, weigh=_weight, insert=_inserting).write(rows)
        return conversation

    def _with_files(self, raw: dict[str, Any], *place: Any) -> Message:
        attachments, parts = self._files.bring_in(raw["attachments"])
        ids = self._files.ids
        included = [{**entry, "id": ids.get(entry["id"], "")} for entry in raw["included"] or ()] or None
        message = _row({**raw, "parts": raw["parts"] + parts, "included": included}, *place)
        message.files = attachments
        return message

    def _folder(self, name: str | None) -> UUID | None:
        return self._folders.get(name) if name and self.collect_folder({"name": name}) else None


def _create(model: Any, owner: Any, raw: dict[str, Any]) -> Any:
    """Create a row → None when the owner has as many as they may."""
    if not model.has_capacity(owner):
        return None
    row = model(owner=owner, **raw)
    model.objects.bulk_create([row])
    return row


def _ids(messages: list[dict[str, Any]]) -> dict[str | None, UUID]:
    """Make new ids in the order of the messages, since pages sort by id → {id in the document: id}."""
    ids: dict[str | None, UUID] = {}
    newest = None
    for message in messages:
        newest = ids[message["id"]] = uuid7(newest)
    return ids


def _facts(raw: dict[str, Any], now: datetime) -> dict[str, Any]:
    created = raw["created_at"] or now
    return {
        **{name: raw[name] for name in CONVERSATION},
        "title": raw["title"] if raw["title"].strip() else _first_question(raw["messages"]),
        "created_at": created,
        "updated_at": raw["updated_at"] or created,
    }


def _first_question(messages: list[dict[str, Any]]) -> str:
    words = (one["content"][:1000].strip() or _first_file(one) for one in messages)
    return next((title_from(found) for found in words if found), gettext("Untitled"))


def _first_file(message: dict[str, Any]) -> str:
    return next((file["name"] for file in message["attachments"]), "")


def _row(raw: dict[str, Any], conversation: Conversation, ids: dict[str | None, UUID], now: datetime) -> Message:
    values = {name: raw[name] for name in MESSAGE}
    values["created_at"] = values["created_at"] or now
    if values["error"] and values["error"] not in errors.SENTENCES:
        values["error"] = "internal"
    place = {"id": ids[raw["id"]], "conversation_id": conversation.pk, "parent_id": ids.get(raw["parent"])}
    return Message(**values, **place, enqueued_at=None)


def _weight(message: Message) -> int:
    return weight_of(message) + len(message.files) * WEIGHT_OF_FILE


def _inserting(messages: list[Message]) -> list[Statement]:
    """Return the statements that insert these messages, the attachments that are new, and that each message has its."""
    held = [
        Attached(attachment=one, message=message, position=position)
        for message in messages
        for position, one in enumerate(message.files)
    ]
    return [*inserting(messages), *_inserting_new(use.attachment for use in held), *inserting(held)]


def _inserting_new(attachments: Iterable[Attachment]) -> list[Statement]:
    new = {one.pk: one for one in attachments if one._state.adding}
    for one in new.values():
        one._state.adding = False
    return inserting(list(new.values()))
