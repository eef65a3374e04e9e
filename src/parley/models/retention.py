"""How long conversations are kept: rules of a site, and people of whom everything is kept whatever the rules say."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import locks
from .conversation import Conversation
from .message import Message
from .states import UNSETTLED

AT_ONCE = 200
"""Conversations that one look deletes."""
LONGEST = 365_000
"""Days; the calendar of Python does not go back much further."""


class RetentionRule(models.Model):
    """Deletes conversations that nobody has changed for so many days; of a group's people, or of everyone."""

    group = models.ForeignKey(
        Group, models.CASCADE, null=True, blank=True, verbose_name=_("group"), help_text=_("Everyone, if empty.")
    )
    days = models.PositiveIntegerField(_("days"), validators=[MinValueValidator(1)])
    archived_only = models.BooleanField(_("only what is archived"), default=False)
    keep_pinned = models.BooleanField(_("keep what is pinned"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("retention rule"), _("retention rules")

    def __str__(self) -> str:
        days = ngettext("%d day", "%d days", self.days) % self.days
        return f"{self.group or _('everyone')}: {days}"

    def due(self, now: datetime) -> models.QuerySet[Any]:
        """Return the conversations that it deletes: never one of a held person, nor one in which a reply runs."""
        held = RetentionHold.objects.filter(person=OuterRef("owner"))
        running = Message.objects.filter(conversation=OuterRef("pk"), status__in=UNSETTLED)
        old = Conversation.objects.filter(deleted_at=None, updated_at__lt=now - timedelta(days=min(self.days, LONGEST)))
        due = old.exclude(Exists(held)).exclude(Exists(running))
        if self.group_id:
            due = due.filter(owner__groups=self.group_id)
        if self.archived_only:
            due = due.filter(archived=True)
        return due.filter(pinned=False) if self.keep_pinned else due


class RetentionHold(models.Model):
    """A person of whom no rule deletes anything."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("retention hold"), _("retention holds")

    def __str__(self) -> str:
        return str(self.person)


def counted(now: datetime) -> Iterator[tuple[RetentionRule, int]]:
    """Yield (rule, conversations that it would delete now)."""
    for rule in RetentionRule.objects.select_related("group").order_by("pk"):
        yield rule, rule.due(now).count()


def apply(now: datetime, at_once: int = AT_ONCE) -> int:
    """Put conversations that are due into the trash, from which they are purged; return how many, at most ``at_once``.

    What a person changes meanwhile is kept. Rows that somebody holds are left for the next time.
    """
    deleted = 0
    for rule in RetentionRule.objects.order_by("pk"):
        found = list(rule.due(now).order_by("pk").values_list("pk", "owner")[: at_once - deleted])
        for owner_id in {owner for pk, owner in found}:
            deleted += _delete(rule, now, owner_id, [pk for pk, owner in found if owner == owner_id])
    return deleted


def _delete(rule: RetentionRule, now: datetime, owner_id: Any, ids: list[Any]) -> int:
    due: Any = rule.due(now).filter(pk__in=ids)
    return locks.unless_held(due.change, owner_id, deleted_at=timezone.now())
