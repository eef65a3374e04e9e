"""Budgets: what a person, a group or everyone may spend in a day, a week or a month, and what is held of it."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from parley.conf import conf
from parley.ids import uuid7

MAX_BUDGETS, KEPT_FOR = 100, 2.0
"""Budgets of a site; seconds for which a process knows them without asking."""
NEAR = Decimal("0.8")
"""The part of a budget from which people are warned."""
LARGEST = Decimal(10) ** 12 - 1
"""Amount that a row can have: whatever a provider counts, a reply must be able to end."""
LEAST_TOKENS = 200
"""No answer takes fewer: with less left, a question is refused in its form."""
OVER, USED_UP = "over_budget", "budget_used_up"
"""Codes of replies that a budget refuses, or ends."""
PER = {
    "day": gettext_noop("%(budget)s, per day"),
    "week": gettext_noop("%(budget)s, per week"),
    "month": gettext_noop("%(budget)s, per month"),
}

Key = tuple[UUID, Any, date]
"""(budget, person or None, first day) of a spending."""


class Budget(models.Model):
    """``person``, ``group``, or neither for everyone; ``each``: not all together, but each of them has it alone.

    ``limit``: in the site's currency, or tokens. One that is not ``hard`` only warns.
    """

    class Period(models.TextChoices):
        DAY = "day", gettext_lazy("a day")
        WEEK = "week", gettext_lazy("a week")
        MONTH = "month", gettext_lazy("a month")

    class Unit(models.TextChoices):
        COST = "cost", gettext_lazy("Money")
        TOKENS = "tokens", gettext_lazy("Tokens")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    each = models.BooleanField(default=False)
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.MONTH)
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.COST)
    limit = models.DecimalField(max_digits=20, decimal_places=8)
    hard = models.BooleanField(default=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("budget"), gettext_lazy("budgets")

    def __str__(self) -> str:
        """Say whose it is and for how long, as “everyone, per month”."""
        return words_of(self.whose, self.period)

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget()

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Delete it with its spendings, which are locked first, as by the end of a reply."""
        with transaction.atomic():
            list(self.spendings.select_for_update().order_by("id").values_list("pk"))
            deleted = super().delete(*args, **kwargs)
        forget()
        return deleted

    @property
    def to_reader(self) -> str:
        """Name it to a person whom it limits."""
        return words_to_reader(self.whose, self.period)

    @property
    def whose(self) -> list[str]:
        """Return (kind, name) as data: of each, of a person, of a group or of everyone."""
        name = self.group.name if self.group else self.person.get_username() if self.person else ""
        return ["person" if self.person_id else "each" if self.each else "all", name]

    def holds_for(self, owner_id: Any, memberships: set[tuple[Any, Any]]) -> bool:
        """Return whether it limits this person. ``memberships``: (person, group)."""
        if self.group_id:
            return (owner_id, self.group_id) in memberships
        return self.person_id in (None, owner_id)

    def words(self, amount: Decimal) -> str:
        """Write an amount in its unit, as “0.40 USD”."""
        return amount_of(amount, self.unit)


class Pot(NamedTuple):
    """What is spent together: by everybody that a budget is for, or by one of them; from the day on it began."""

    budget: Budget
    owner_id: Any
    start: date

    @property
    def key(self) -> Key:
        return self.budget.pk, self.owner_id, self.start


class Spending(models.Model):
    """What is ``spent`` of a budget in a period, and ``held`` for calls that run; ``owner``: where each has it alone.

    Without constraints in the database, so that no end of a reply waits for the row of a person or a budget.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(Budget, models.CASCADE, db_constraint=False, db_index=False, related_name="spendings")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_constraint=False, related_name="+"
    )
    period_start = models.DateField()
    spent = models.DecimalField(max_digits=20, decimal_places=8, default=Decimal(0))
    held = models.DecimalField(max_digits=20, decimal_places=8, default=Decimal(0))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "period_start", "owner"],
                condition=models.Q(owner__isnull=False),
                name="parley_spending_each",
            ),
            models.UniqueConstraint(
                fields=["budget", "period_start"], condition=models.Q(owner=None), name="parley_spending_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id}@{self.period_start}"

    @property
    def key(self) -> Key:
        return self.budget_id, self.owner_id, self.period_start

    @property
    def left(self) -> Decimal:
        return max(self.budget.limit - self.spent - self.held, Decimal(0))

    @property
    def percent(self) -> int:
        """Return how much of the limit is spent, at most 100, which is reached by all of it only."""
        return min(int(100 * self.spent / self.budget.limit), 100)

    @property
    def near(self) -> bool:
        return self.spent >= NEAR * self.budget.limit

    @property
    def over(self) -> bool:
        return self.spent >= self.budget.limit

    @property
    def anew(self) -> date:
        return next_start(self.budget.period, self.period_start)

    @property
    def words(self) -> dict[str, str]:
        """Return ``spent``, ``left`` and ``limit`` for people."""
        amounts = {"spent": self.spent, "left": self.left, "limit": self.budget.limit}
        return {name: self.budget.words(amount) for name, amount in amounts.items()}

    @property
    def exhausted(self) -> bool:
        """Return whether too little is left for any answer that takes of it."""
        return self.left < LEAST_TOKENS if self.budget.unit == Budget.Unit.TOKENS else self.left == 0

    def lacks(self, amount: Decimal | None) -> bool:
        """Return whether this amount is more than is left; what costs nothing never is, what nobody knows is at 0."""
        if amount is None:
            return self.left == 0
        return amount > 0 and self.spent + self.held + amount > self.budget.limit


class Reservation(models.Model):
    """What is held of a spending for one attempt; it outlives a deleted reply until it is freed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reply_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    purpose = models.CharField(max_length=16)
    spending = models.ForeignKey(Spending, models.CASCADE, db_constraint=False, related_name="+")
    amount = models.DecimalField(max_digits=20, decimal_places=8)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reply_id", "attempt", "purpose", "spending"], name="parley_reservation_identity"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.reply_id}"


def words_of(whose: Sequence[str], period: str) -> str:
    """Name a budget.

    >>> words_of(["each", ""], "day"), words_of(["all", "Sales"], "month")
    ('each person, per day', 'Sales, per month')
    """
    kind, name = whose
    each = _("each of %(group)s") % {"group": name} if name else _("each person")
    return _(PER[Budget.Period(period)]) % {"budget": each if kind == "each" else name or _("everyone")}


def words_to_reader(whose: Sequence[str], period: str) -> str:
    """Name a budget to a person whom it limits.

    >>> words_to_reader(["each", "Sales"], "day"), words_to_reader(["all", ""], "month")
    ('your budget on this site, per day', 'the budget of this site for everyone, per month')
    """
    kind, name = whose
    of_all = _("the budget of this site for %(name)s") % {"name": name or _("everyone")}
    return _(PER[Budget.Period(period)]) % {"budget": of_all if kind == "all" else _("your budget on this site")}


def amount_of(amount: Decimal, unit: str) -> str:
    """Write an amount of money or tokens for people; below ten cents with two digits that count.

    >>> amount_of(Decimal("0.00123"), "cost"), amount_of(Decimal(1200), "tokens")
    ('0.0012\xa0USD', '1,200 tokens')
    """
    if unit == Budget.Unit.TOKENS:
        count = int(amount)
        return ngettext("%(count)s token", "%(count)s tokens", count) % {
            "count": number_format(count, 0, force_grouping=True)
        }
    places = 2 if not amount or amount >= Decimal("0.1") else min(1 - amount.adjusted(), 8)
    rounded = Decimal(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{number_format(rounded, places, force_grouping=True)}\N{NO-BREAK SPACE}{conf.CURRENCY}"


def start_of(period: str, day: date) -> date:
    """Return the first day of the period that has this day; weeks begin on Mondays.

    >>> start_of("week", date(2026, 11, 29)), start_of("month", date(2026, 11, 29))
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 1))
    """
    back = {"day": 0, "week": day.weekday(), "month": day.day - 1}[period]
    return day - timedelta(days=back)


def next_start(period: str, start: date) -> date:
    """Return the first day of the next period.

    >>> next_start("month", date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    return start_of(period, start + timedelta(days={"day": 1, "week": 7, "month": 31}[period]))


# All of them


_known: tuple[float, tuple[Budget, ...]] = (0.0, ())


def known() -> tuple[Budget, ...]:
    """Return all budgets, as they were at most KEPT_FOR seconds ago."""
    global _known
    until, budgets = _known
    if time.monotonic() >= until:
        budgets = tuple(Budget.objects.select_related("person", "group").order_by("id")[:MAX_BUDGETS])
        _known = (time.monotonic() + KEPT_FOR, budgets)
    return budgets


def forget() -> None:
    """Ask the database the next time."""
    global _known
    _known = (0.0, ())
