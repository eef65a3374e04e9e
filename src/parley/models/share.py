"""A share: a snapshot of a conversation for everybody who has the link."""

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley import codec
from parley.codec import SHARED, SHARED_REASONING
from parley.ids import uuid7
from parley.text import clean

from . import locks
from .admission import refuse_above
from .arriving import arrive_once
from .attached import Attached
from .attachment import Attachment
from .conversation import Conversation
from .feed import Feed
from .message import Message
from .statements import Statement, execute, inserting
from .states import Role, Status
from .versioned import Versioned, VisibleQuerySet

LARGEST, MAX_MESSAGES = 10_000_000, 5_000
"""Limits of a snapshot, in bytes and messages; it is written, and copied, as a whole."""
HELD_AT_ONCE = 500
"""Pictures that one statement holds: a database takes so many values and no more."""

PART_OF = {"picture": "image"}
"""Kind of a file → kind of the part that names it in a copy."""


def new_token() -> str:
    """Return 128 random bits as text."""
    return secrets.token_urlsafe(16)


def _can_be_deactivated() -> bool:
    """Return whether this site's user model has a column for it."""
    return any(field.name == "is_active" for field in get_user_model()._meta.concrete_fields)


class ShareQuerySet(VisibleQuerySet):
    def open(self) -> "ShareQuerySet":
        """Return those that may be read now."""
        return self.unexpired().filter(revoked_at=None, conversation__deleted_at=None)

    def unexpired(self) -> "ShareQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def behind(self, token: str) -> "ShareQuerySet":
        """Return the one share, or none, that this token opens now; none of a person who was deactivated."""
        links = self.open().filter(token=clean(token))
        return links.filter(owner__is_active=True) if _can_be_deactivated() else links

    def listed(self) -> "ShareQuerySet":
        """Return those whose conversations are not in the trash, newest first, without their snapshots."""
        return self.filter(conversation__deleted_at=None).defer("snapshot").order_by("-id")

    def forget_expired(self) -> int:
        """Empty the snapshots of expired links, which nobody may read, and free their pictures → how many."""
        expired = self.filter(expires_at__lte=timezone.now(), size__gt=0)
        with transaction.atomic():
            Attached.objects.filter(share__in=expired.values("pk")).delete()
            return expired.update(snapshot={}, size=0)


class Share(Versioned):
    """``snapshot``: {"instructions"?: str, "messages": [{"role", "content", "created_at", "model", "html"?,
    "reasoning"?, "reasoning_seconds"?, "cut"?: true, "files"?: [{"name", "size", "kind", "id"?, "alt"?}]}]}. A file has
    its id only where it is a picture that the link shows, which ``Attached`` keeps; nothing else leads back to rows.
    """

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    conversation = models.ForeignKey("parley.Conversation", models.CASCADE, related_name="shares")
    title = models.CharField(_("title"), max_length=200)
    snapshot = models.JSONField(default=dict, editable=False)
    size = models.PositiveBigIntegerField(_("bytes"), default=0, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    views = models.PositiveIntegerField(_("views"), default=0, editable=False)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("share"), _("shares")
        indexes = [models.Index(fields=["expires_at"], name="parley_share_expires")]

    def __str__(self) -> str:
        """Name it without its title, which the admin shows to nobody by accident."""
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("parley:share_show", args=[self.token])

    @classmethod
    def of(
        cls,
        conversation: Conversation,
        *,
        instructions: bool = False,
        reasoning: bool = False,
        pictures: bool = False,
        lasts: timedelta | None = None,
    ) -> "Share":
        """Share the branch that is shown, as it is now. Raises NothingToShare, TooLarge and Full."""
        if conversation.is_longer_than(MAX_MESSAGES):
            raise TooLarge
        branch = [message for message in conversation.whole_branch() if message.settled]
        Attached.fill(branch)
        written = [message for message in branch if message.content.strip() or message.files]
        asked = {str(file.pk) for message in written for file in message.files}
        messages = [_fields(message, reasoning, pictures) | _included(message, asked) for message in written]
        if not messages:
            raise NothingToShare
        snapshot: dict[str, Any] = {"messages": messages}
        if instructions and conversation.effective_instructions:
            snapshot["instructions"] = conversation.effective_instructions
        share = cls(
            owner_id=conversation.owner_id, conversation=conversation, title=conversation.title, snapshot=snapshot
        )
        share.expires_at = timezone.now() + lasts if lasts else None
        share._keep({file["id"] for fields in messages for file in fields.get("files", ()) if "id" in file})
        return share

    def _keep(self, pictures: set[str]) -> None:
        """Save it, and hold its pictures; all is prepared before the transaction, whose lock others wait for."""
        self.size = len(json.dumps(self.snapshot, ensure_ascii=False).encode())
        if self.size > LARGEST:
            raise TooLarge
        statements = [*inserting([self]), *self._holding(sorted(pictures))]
        with transaction.atomic():
            Feed.advance(self.owner_id)
            Share.objects.filter(owner=self.owner_id).forget_expired()
            execute(statements)
            refuse_above(self.owner)

    def _holding(self, pictures: list[str]) -> Iterator[Statement]:
        """Yield the statements that hold those of its pictures that are still there when they are executed."""
        insert = f'INSERT INTO {Attached._meta.db_table} (attachment_id, share_id, position, "on") '
        columns = "pk", Value(self.pk, models.UUIDField()), Value(0), Value(True, models.BooleanField())
        mine = Attachment.objects.usable().filter(owner=self.owner_id)
        for start in range(0, len(pictures), HELD_AT_ONCE):
            there = mine.filter(pk__in=pictures[start : start + HELD_AT_ONCE])
            select, values = there.values_list(*columns).query.sql_with_params()
            yield insert + select, values

    # What a page asks

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        return not (self.is_revoked or self.is_expired)

    @property
    def instructions(self) -> str:
        return str(self.snapshot.get("instructions", ""))

    @property
    def length(self) -> int:
        return len(self.snapshot.get("messages", []))

    def rows(self, start: int = 0, end: int | None = None) -> list[Message]:
        """Return some of the messages as unsaved rows."""
        return [_message(fields) for fields in self.snapshot.get("messages", [])[start:end]]

    # What may happen to it

    def revoke(self) -> bool:
        """Close the link at once, delete its snapshot and free its pictures; return whether it was open until now."""
        with transaction.atomic():
            mine = Share.objects.filter(pk=self.pk, revoked_at=None)
            was_open = bool(mine.update(revoked_at=timezone.now(), snapshot={}, size=0))
            Attached.objects.filter(share=self.pk).delete()
        return was_open

    def count_view(self) -> None:
        """Count a reader, unless the row cannot be written now: nobody waits for a number."""
        with suppress(*locks.DATABASE_AWAY):
            locks.unless_held(Share.objects.filter(pk=self.pk).open().update, views=F("views") + 1)

    def copy_for(self, owner: Any) -> Conversation:
        """Return this person's own copy of it, from now or from before if that still exists.

        Raises BeingCopied while another request copies it for them.
        """
        copy = Conversation(owner=owner, title=self.title, origin=f"share:{self.pk}", instructions=self.instructions)
        copy.titled_by = Conversation.TitledBy.PERSON
        return arrive_once(copy, self._rows_of(copy))

    def _rows_of(self, conversation: Conversation) -> Iterator[Message]:
        parent = None
        for message in self.rows():
            message.id = uuid7(parent.pk if parent else None)
            message.conversation = conversation
            message.parent, message.settled_at = parent, message.created_at
            yield (parent := message)


class TooLarge(Exception):
    """The conversation is longer than a link shows."""


class NothingToShare(Exception):
    """The conversation has no settled message with text."""


def _fields(message: Message, reasoning: bool, pictures: bool) -> dict[str, Any]:
    """Return what a snapshot holds of a message."""
    fields = codec.written(message, SHARED + (SHARED_REASONING if reasoning and message.reasoning else ()))
    if message.role == Role.ASSISTANT:
        fields["html"] = str(message.body)
    if message.status != Status.DONE:
        fields["cut"] = True
    if message.files:
        fields["files"] = [_file(each, pictures) for each in message.files]
    return fields


def _included(message: Message, asked: set[str]) -> dict[str, Any]:
    """Return what a reply was sent of the files of these questions; those of a folder are nobody else's business."""
    entries = [{**entry, "id": ""} for entry in message.included or () if entry["id"] in asked]
    return {"included": entries} if entries else {}


def _file(each: Attachment, pictures: bool) -> dict[str, Any]:
    shown = {"id": str(each.pk), "alt": each.alt} if pictures and each.picture and each.is_ready else {}
    return {"name": each.name, "size": each.size, "kind": each.kind, **shown}


def _message(fields: dict[str, Any]) -> Message:
    """Return ``_fields`` of a message as a Message that is not saved; its ``files`` are dicts, and named as parts."""
    values = {name: value for name, value in fields.items() if name not in ("cut", "files")}
    values["status"] = Status.STOPPED if fields.get("cut") else Status.DONE
    message = Message(**{**values, "created_at": datetime.fromisoformat(fields["created_at"])})
    files: list[Any] = fields.get("files", [])
    message.files = files
    message.parts = [{"type": PART_OF.get(file["kind"], "file"), "name": file["name"]} for file in files]
    return message
