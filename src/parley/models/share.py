"""A share: what a conversation was at one moment, for everybody who has the link."""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.ids import uuid7
from parley.text import clean

from .conversation import Conversation
from .feed import Feed
from .message import Message
from .states import Role, Status
from .versioned import Versioned, VisibleQuerySet

AT_ONCE = 500
"""Rows in one INSERT."""


def new_token() -> str:
    """128 bits that cannot be guessed."""
    return secrets.token_urlsafe(16)


class ShareQuerySet(VisibleQuerySet):
    def open(self) -> "ShareQuerySet":
        """Those that may be read now."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at=None, conversation__discarded_at=None)

    def behind(self, token: str) -> "ShareQuerySet":
        """What the link with this token opens now: one, or none."""
        return self.open().filter(token=clean(token))

    def listed(self) -> "ShareQuerySet":
        """Those of conversations that are there, the newest first, without what they show."""
        return self.filter(conversation__discarded_at=None).defer("snapshot").order_by("-id")

    def forget_expired(self) -> int:
        """Nobody may read those any more, so nothing of them is kept but that they were."""
        return self.filter(expires_at__lte=timezone.now()).exclude(snapshot={}).update(snapshot={})


class Share(Versioned):
    """``snapshot``: {"instructions"?: str, "messages": [{"role", "content", "created_at", "html"?, "model"?,
    "reasoning"?, "reasoning_seconds"?, "cut"?: true}]}; nothing in it leads back to the rows that it was made of.
    """

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    conversation = models.ForeignKey("parley.Conversation", models.CASCADE, related_name="shares")
    title = models.CharField(_("title"), max_length=200)
    snapshot = models.JSONField(default=dict, editable=False)
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
        """The branch that is shown, as it is now. Raises NothingToShare."""
        messages = [_told(message, reasoning) for message in conversation.whole_branch() if _is_told(message)]
        if not messages:
            raise NothingToShare
        snapshot: dict[str, Any] = {"messages": messages}
        if instructions and conversation.instructions_in_force:
            snapshot["instructions"] = conversation.instructions_in_force
        cls.objects.filter(owner_id=conversation.owner_id).forget_expired()
        return cls.objects.create(
            owner_id=conversation.owner_id,
            conversation=conversation,
            title=conversation.title,
            snapshot=snapshot,
            expires_at=lasts and timezone.now() + lasts,
        )

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
        return self.snapshot.get("instructions", "")

    @property
    def length(self) -> int:
        return len(self.snapshot.get("messages", []))

    def rows(self, start: int = 0, end: int | None = None) -> list[Message]:
        """Some of the messages, as rows that are saved nowhere."""
        return [Message(**_values(told)) for told in self.snapshot.get("messages", [])[start:end]]

    # What may happen to it

    def revoke(self) -> bool:
        """Close the link at once, and forget what it showed: whether it was open until now."""
        mine = Share.objects.filter(pk=self.pk, revoked_at=None)
        return bool(mine.update(revoked_at=timezone.now(), snapshot={}))

    def count_view(self) -> None:
        Share.objects.filter(pk=self.pk).open().update(views=F("views") + 1)

    def copy_for(self, owner: Any) -> Conversation:
        """A conversation of this person's own; the one that they made of this share before, if it is still there."""
        origin = f"share:{self.pk}"
        with transaction.atomic():
            Feed.advance(owner.pk)  # holds its row, so that of two requests at once one comes second
            theirs = Conversation.objects.filter(owner=owner, origin=origin)
            theirs.exclude(discarded_at=None).update(origin="")
            return theirs.first() or self._copied(owner, origin)

    def _copied(self, owner: Any, origin: str) -> Conversation:
        conversation = Conversation(owner=owner, title=self.title, origin=origin, instructions=self.instructions)
        conversation.titled_by = Conversation.TitledBy.PERSON
        conversation.save(force_insert=True)
        Message.objects.bulk_create(self._rows_of(conversation), batch_size=AT_ONCE)
        return conversation

    def _rows_of(self, conversation: Conversation) -> Iterator[Message]:
        parent = None
        for message in self.rows():
            message.id = uuid7(parent.pk if parent else None)
            message.conversation, message.version = conversation, conversation.version
            message.parent, message.settled_at = parent, message.created_at
            yield (parent := message)


class NothingToShare(Exception):
    """The conversation has no message that has been written to its end."""


def _is_told(message: Message) -> bool:
    return message.settled and bool(message.content.strip())


def _told(message: Message, reasoning: bool) -> dict[str, Any]:
    """What a snapshot holds of a message."""
    told: dict[str, Any] = {
        "role": message.role,
        "content": message.content,
        "created_at": message.created_at.isoformat(),
    }
    if message.role == Role.ASSISTANT:
        told |= {"html": str(message.body), "model": message.model}
    if message.status != Status.DONE:
        told["cut"] = True
    if reasoning and message.reasoning:
        told |= {"reasoning": message.reasoning, "reasoning_seconds": message.reasoning_seconds}
    return told


def _values(told: dict[str, Any]) -> dict[str, Any]:
    """What ``_told`` holds, as fields of a message."""
    values = {name: value for name, value in told.items() if name != "cut"}
    status = Status.STOPPED if told.get("cut") else Status.DONE
    return {**values, "status": status, "created_at": datetime.fromisoformat(told["created_at"])}
