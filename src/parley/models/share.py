"""A share: a snapshot of a conversation for everybody who has the link."""

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q
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
from .conversation import Conversation
from .feed import Feed
from .message import Message
from .statements import execute, inserting
from .states import Role, Status
from .versioned import Versioned, VisibleQuerySet

LARGEST, MAX_MESSAGES = 10_000_000, 5_000
"""Limits of a snapshot, in bytes and messages; it is written, and copied, as a whole."""


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
        """Empty the snapshots of expired links, which nobody may read; return how many there were."""
        return self.filter(expires_at__lte=timezone.now()).exclude(snapshot={}).update(snapshot={}, size=0)


class Share(Versioned):
    """``snapshot``: {"instructions"?: str, "messages": [{"role", "content", "created_at", "model", "html"?,
    "reasoning"?, "reasoning_seconds"?, "cut"?: true}]}; nothing in it leads back to the rows it was made from.
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

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("parley:share_show", args=[self.token])

    @classmethod
    def of(
        cls,
        conversation: Conversation,
        *,
        instructions: bool = False,
        reasoning: bool = False,
        lasts: timedelta | None = None,
    ) -> "Share":
        """Share the branch that is shown, as it is now. Raises NothingToShare, TooLarge and Full."""
        if conversation.is_longer_than(MAX_MESSAGES):
            raise TooLarge
        written = (message for message in conversation.whole_branch() if message.settled and message.content.strip())
        messages = [_fields(message, reasoning) for message in written]
        if not messages:
            raise NothingToShare
        snapshot: dict[str, Any] = {"messages": messages}
        if instructions and conversation.effective_instructions:
            snapshot["instructions"] = conversation.effective_instructions
        share = cls(
            owner_id=conversation.owner_id, conversation=conversation, title=conversation.title, snapshot=snapshot
        )
        share.expires_at = timezone.now() + lasts if lasts else None
        share._keep()
        return share

    def _keep(self) -> None:
        """Save it; everything is prepared before the transaction, whose lock others wait for."""
        self.size = len(json.dumps(self.snapshot, ensure_ascii=False).encode())
        if self.size > LARGEST:
            raise TooLarge
        statements = inserting([self])
        with transaction.atomic():
            Feed.advance(self.owner_id)
            Share.objects.filter(owner=self.owner_id).forget_expired()
            execute(statements)
            refuse_above(self.owner)

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
        return [Message(**_values(fields)) for fields in self.snapshot.get("messages", [])[start:end]]

    # What may happen to it

    def revoke(self) -> bool:
        """Close the link at once and delete its snapshot; return whether it was open until now."""
        mine = Share.objects.filter(pk=self.pk, revoked_at=None)
        return bool(mine.update(revoked_at=timezone.now(), snapshot={}, size=0))

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


def _fields(message: Message, reasoning: bool) -> dict[str, Any]:
    """Return what a snapshot holds of a message."""
    fields = codec.written(message, SHARED + (SHARED_REASONING if reasoning and message.reasoning else ()))
    if message.role == Role.ASSISTANT:
        fields["html"] = str(message.body)
    if message.status != Status.DONE:
        fields["cut"] = True
    return fields


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    """Return ``_fields`` of a message as values of a Message."""
    values = {name: value for name, value in fields.items() if name != "cut"}
    status = Status.STOPPED if fields.get("cut") else Status.DONE
    return {**values, "status": status, "created_at": datetime.fromisoformat(fields["created_at"])}
