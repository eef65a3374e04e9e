"""The ledger of calls to providers: one row for each request, which outlives its message."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.ids import uuid7

from .message import Message
from .statements import insert
from .states import Status

reply_claimed = Signal()
"""Sent when a worker begins to write a reply, with ``reply``; see docs/hosting.md."""
reply_settled = Signal()
"""Sent when a reply settles, with ``reply`` and ``call``, its last ``Call`` or None."""

IDENTITY = ("reply", "attempt", "purpose", "number")


class Call(models.Model):
    """A request to a provider. ``number`` counts the requests of one attempt, which repeats one that fails early.

    Tokens are as the provider counts them, None if it does not say; ``cost`` is in its own currency. Whether cached
    tokens and those written to the cache are part of ``prompt_tokens`` differs between providers.
    ``reply`` may name a deleted message, so that deleting costs nothing here. The rows are deleted with their owner.
    """

    class Purpose(models.TextChoices):
        ANSWER = "answer", _("Answer")
        TITLE = "title", _("Title")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,  # Or PostgreSQL would wait at the end of a reply for whoever has locked the person's row.
        db_index=False,
        related_name="+",
        verbose_name=_("owner"),
    )
    reply = models.ForeignKey(
        Message, models.DO_NOTHING, null=True, db_index=False, db_constraint=False, related_name="calls"
    )
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices, default=Purpose.ANSWER)
    attempt = models.PositiveIntegerField(_("attempt"))
    number = models.PositiveSmallIntegerField(default=1)
    provider = models.CharField(_("provider"), max_length=200, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    first_token_at = models.DateTimeField(_("first token at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Status.choices)
    error = models.CharField(_("error"), max_length=40, blank=True)
    prompt_tokens = models.BigIntegerField(_("prompt tokens"), null=True)
    cached_tokens = models.BigIntegerField(_("cached tokens"), null=True)
    cache_write_tokens = models.BigIntegerField(_("tokens written to the cache"), null=True)
    completion_tokens = models.BigIntegerField(_("completion tokens"), null=True)
    reasoning_tokens = models.BigIntegerField(_("reasoning tokens"), null=True)
    cost = models.DecimalField(_("cost as the provider says"), max_digits=16, decimal_places=8, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("call to a provider"), _("calls to providers")
        indexes = [models.Index(fields=["owner", "started_at"], name="parley_call_owner")]
        constraints = [models.UniqueConstraint(fields=IDENTITY, name="parley_call_identity")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.model}"

    @classmethod
    def begin(cls, reply: Message, **facts: Any) -> Self:
        """Return an unsaved call that begins now, for this attempt of a reply."""
        call = cls(reply_id=reply.pk, owner_id=reply.owner_id, attempt=reply.attempt)
        vars(call).update({"model": reply.model, "_began": time.monotonic(), **facts})
        return call

    @classmethod
    def record(cls, calls: Sequence[Self]) -> None:
        """Insert ended calls in one statement, replacing what the reaper noted of them as lost."""
        insert(calls, _REPLACING_LOST)

    @classmethod
    def record_lost(cls, call: Self) -> None:
        """Insert the call of a dead worker, unless that worker has recorded it."""
        cls.objects.bulk_create([call], ignore_conflicts=True)

    def note_first_token(self) -> None:
        """Note the time of the first token, once."""
        self.first_token_at = self.first_token_at or self._now()

    def end(self, outcome: str, error: str = "", ended_at: Any = None, **billed: Any) -> None:
        """Note the outcome, once. ``billed``: tokens and cost; see generation.usage."""
        if self.ended_at is None:
            vars(self).update(outcome=outcome, error=error, ended_at=ended_at or self._now(), **billed)

    def _now(self) -> Any:
        """Return the time by the monotonic clock, so that durations are right."""
        return self.started_at + timedelta(seconds=time.monotonic() - vars(self)["_began"])


_UNKNOWN_BEFORE = [field for field in Call._meta.concrete_fields if field.name not in ("id", "owner", *IDENTITY)]
_REPLACING_LOST = "ON CONFLICT (reply_id, attempt, purpose, number) DO UPDATE SET " + ", ".join(
    f"{field.column} = excluded.{field.column}" for field in _UNKNOWN_BEFORE
)
