"""The ledger of calls to providers: one row for each request, which outlives its message."""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.choice import is_personal, name_of
from parley.days import DatabaseDay, today
from parley.ids import uuid7

from . import holding
from .budget import known
from .feed import Feed
from .message import Message
from .statements import insert
from .states import Status

reply_claimed = Signal()
"""Sent when a worker begins to write a reply, with ``reply``; see docs/hosting.md."""
reply_settled = Signal()
"""Sent when a reply settles, with ``reply`` and ``call``, its last ``Call`` or None."""
call_ended = Signal()
"""Sent when a request to a provider was recorded, with ``call``, and the ``provider`` that was asked."""

MAX_GROUPS = 1000
IDENTITY = ("reply", "attempt", "purpose", "number")


class Call(models.Model):
    """A request to a provider. ``number`` counts the requests of one attempt, which repeats one that fails early.

    Tokens are None where nobody knows them. ``prompt_tokens`` include those cached and written to the cache,
    ``completion_tokens`` those of reasoning; ``estimated``: from characters, as the provider has not said.
    ``cost``: by our prices, else ``provider_cost``, what the provider says, else None. ``day``: in TIME_ZONE.
    ``connection``: the slug of the one that was asked, "" for the settings' provider.
    ``reply`` may name a deleted message, so that deleting costs nothing here. ``owner_name``, ``owner_groups``: of a
    deleted person; the ids of the groups stand between commas, also at both ends.
    """

    asked: Any = None
    """The provider as a value, where the call was made in this process."""

    class Purpose(models.TextChoices):
        ANSWER = "answer", _("Answer")
        TITLE = "title", _("Title")
        TEST = "test", _("Test of a connection")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
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
    # What has a default in the database is written by processes of before it, too: see docs/upgrading.md.
    owner_name = models.CharField(_("name of a deleted owner"), max_length=150, blank=True, default="", db_default="")
    owner_groups = models.TextField(_("groups of a deleted owner"), blank=True, default="", db_default="")
    connection = models.CharField(_("connection"), max_length=40, blank=True, default="", db_default="")
    provider = models.CharField(_("provider"), max_length=200, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    day = models.DateField(_("day"), default=today, db_default=DatabaseDay())
    first_token_at = models.DateTimeField(_("first token at"), null=True)
    first_token_ms = models.PositiveIntegerField(_("milliseconds to the first token"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Status.choices)
    error = models.CharField(_("error"), max_length=40, blank=True)
    prompt_tokens = models.BigIntegerField(_("prompt tokens"), null=True)
    cached_tokens = models.BigIntegerField(_("cached tokens"), null=True)
    cache_write_tokens = models.BigIntegerField(_("tokens written to the cache"), null=True)
    completion_tokens = models.BigIntegerField(_("completion tokens"), null=True)
    reasoning_tokens = models.BigIntegerField(_("reasoning tokens"), null=True)
    estimated = models.BooleanField(_("estimated"), default=False, db_default=False)
    provider_cost = models.DecimalField(_("cost as the provider says"), max_digits=16, decimal_places=8, null=True)
    cost = models.DecimalField(_("cost"), max_digits=20, decimal_places=8, null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("call to a provider"), _("calls to providers")
        indexes = [
            models.Index(fields=["owner", "day", "connection", "model"], name="parley_call_owner"),
            models.Index(fields=["day", "connection", "model"], name="parley_call_day"),
            models.Index(fields=["day"], condition=~models.Q(error=""), name="parley_call_failed"),
        ]
        constraints = [models.UniqueConstraint(fields=IDENTITY, name="parley_call_identity")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.model}"

    @classmethod
    def begin(cls, reply: Message | None = None, **facts: Any) -> Self:
        """Return an unsaved call that begins now, for this attempt of a reply, or for none, as ``facts`` say."""
        of = {"reply_id": reply.pk, "owner_id": reply.owner_id, "model": name_of(reply.model)} if reply else {}
        call = cls(attempt=reply.attempt if reply else 1)
        vars(call).update({**of, "_began": time.monotonic(), **facts})
        call.day = today(call.started_at)
        return call

    @classmethod
    def name_deleted(cls, person: Any) -> None:
        """Write name and groups of a person who is about to be deleted into their calls, also into those that run."""
        Feed.objects.select_for_update().filter(pk=person.pk).first()
        groups = person.groups.values_list("pk", flat=True)[:MAX_GROUPS] if hasattr(person, "groups") else ()
        named = {"owner_name": person.get_username()[:150], "owner_groups": listed(groups)}
        cls.objects.filter(owner_id=person.pk).update(**named)
        cls._note_running(person, named)

    @classmethod
    def _note_running(cls, person: Any, named: dict[str, str]) -> None:
        """Insert calls that a worker will replace when it has ended them, as it finds nobody's name then."""
        running = Message.objects.filter(conversation__owner=person.pk, status=Status.STREAMING)
        calls: list[Any] = []
        for reply in running.select_related("conversation__folder"):
            asked = {"connection": reply.provider.slug, "provider": reply.provider.name[:200]}
            known = {"started_at": reply.started_at or timezone.now(), "outcome": Status.INTERRUPTED}
            calls.append(cls.begin(reply, owner_id=None, **asked, **known, **named))
        cls.objects.bulk_create(calls, ignore_conflicts=True)

    @classmethod
    def record(cls, calls: Sequence[Self], reply: Message | None = None) -> None:
        """Insert ended calls of one attempt in one statement, replacing what the reaper noted of them as lost.

        They are counted in the budgets of their person. ``reply``: whose attempt has ended, with calls or without.
        """
        counted = cls._counted(calls)
        insert(calls, _REPLACING_LOST)
        if calls:
            holding.post(calls[0].owner_id, calls[0].of, [call.entry for call in calls], counted)
        elif reply:
            holding.post(reply.owner_id, (reply.pk, reply.attempt, cls.Purpose.ANSWER))

    @classmethod
    def record_orphaned(cls, calls: Sequence[Self]) -> None:
        """Insert ended calls of one attempt whose person was deleted meanwhile, with what was noted of them then."""
        noted = cls.objects.filter(reply_id=calls[0].reply_id, owner=None).values("owner_name", "owner_groups")
        named = noted.first() if calls[0].reply_id else None
        for call in calls:
            vars(call).update(owner_id=None, **(named or {}))
        with transaction.atomic():
            cls.record(calls)

    @classmethod
    def record_lost(cls, call: Self) -> None:
        """Insert the call of a dead worker, unless that worker has recorded it."""
        counted = cls._counted([call])
        cls.objects.bulk_create([call], ignore_conflicts=True)
        holding.post(call.owner_id, call.of, [] if counted else [call.entry])

    @classmethod
    def _counted(cls, calls: Sequence[Self]) -> list[holding.Entry]:
        """Return what budgets have counted of these calls, which may be written twice."""
        if not (calls and calls[0].reply_id and known()):
            return []
        first, numbers = calls[0], [call.number for call in calls]
        of = {"reply": first.reply_id, "attempt": first.attempt, "purpose": first.purpose}
        return [call.entry for call in cls.objects.filter(**of, number__in=numbers)]

    @property
    def of(self) -> holding.Attempt | None:
        """Return the attempt that it belongs to."""
        return (self.reply_id, self.attempt, self.purpose) if self.reply_id else None

    @property
    def entry(self) -> holding.Entry:
        """Return what budgets count of it: nothing of a person's own connection, which says and costs what it likes."""
        if is_personal(self.connection):
            return holding.Entry(self.day, Decimal(0), 0)
        tokens = (self.prompt_tokens or 0) + (self.completion_tokens or 0)
        return holding.Entry(self.day, self.cost or Decimal(0), tokens)

    @property
    def is_disputed(self) -> bool:
        """Return whether the provider says another cost than ours, by more than a twentieth."""
        ours, theirs = self.cost, self.provider_cost
        return ours is not None and theirs is not None and abs(theirs - ours) * 20 > max(ours, theirs)

    def note_first_token(self) -> None:
        """Note the time of the first token, once."""
        if self.first_token_at is None:
            self.first_token_at = self._now()
            self.first_token_ms = round((self.first_token_at - self.started_at).total_seconds() * 1000)

    def end(self, outcome: str, error: str = "", ended_at: Any = None, **billed: Any) -> None:
        """Note the outcome, once. ``billed``: tokens and ``provider_cost``; see generation.usage."""
        if self.ended_at is None:
            vars(self).update(outcome=outcome, error=error, ended_at=ended_at or self._now(), **billed)

    def _now(self) -> Any:
        """Return the time by the monotonic clock, so that durations are right."""
        return self.started_at + timedelta(seconds=time.monotonic() - vars(self)["_began"])


def listed(groups: Iterable[Any]) -> str:
    """Return the ids of groups as ``owner_groups`` has them.

    >>> listed([3, 7]), listed([])
    (',3,7,', '')
    """
    ids = ",".join(map(str, groups))
    return f",{ids}," if ids else ""


_UNKNOWN_BEFORE = [field for field in Call._meta.concrete_fields if field.name not in ("id", "owner", *IDENTITY)]
_REPLACING_LOST = "ON CONFLICT (reply_id, attempt, purpose, number) DO UPDATE SET " + ", ".join(
    f"{field.column} = excluded.{field.column}" for field in _UNKNOWN_BEFORE
)
