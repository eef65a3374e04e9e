"""Sums of calls, for the pages of usage: made in the database, and folded to what the pages show."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import DatabaseError, models, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from parley.days import today

from .call import Call
from .price import Asked, Price

MAX_MODELS, MAX_MEMBERSHIPS = 2000, 100_000
MAX_LINES = 50
"""Lines of a table; one more has the sum of the others."""
EARLIEST = date(2000, 1, 1)
SETTLED = timedelta(days=1)
"""The end of a day is so long ago that no call of it is recorded any more."""
BY_MODEL = ("connection", "model")
BY_OWNER = ("owner_id", "owner_name", "owner_groups")
SUMS: dict[str, Any] = {
    "calls": Count("*"),
    "sent": Sum("prompt_tokens", default=0),
    "written": Sum("completion_tokens", default=0),
    "spent": Sum("cost", default=0),
    "unpriced": Count("attempt", filter=Q(cost=None, completion_tokens__gt=0)),
    "estimated_calls": Count("attempt", filter=Q(estimated=True)),
}
"""``unpriced``: calls whose tokens have no price."""
TIMES: dict[str, Any] = {
    "failed": Count("attempt", filter=~Q(error="")),
    "firsts": Count("first_token_ms"),
    "first_ms": Sum("first_token_ms", default=0),
    "slowest": Max("first_token_ms", default=0),
}
"""How calls went; times in milliseconds."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Month:
    """A month, by its first day."""

    first: date

    @classmethod
    def named(cls, text: str | None) -> "Month":
        """Return the month that a text such as 2026-11 names; this month where it names none that has been."""
        now = today()
        try:
            first = date.fromisoformat(f"{text}-01")
        except ValueError:
            first = now
        return cls((first if EARLIEST <= first <= now else now).replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        return self._following - timedelta(days=1)

    @property
    def previous(self) -> "Month | None":
        return Month((self.first - timedelta(days=1)).replace(day=1)) if self.first > EARLIEST else None

    @property
    def next(self) -> "Month | None":
        return Month(self._following) if self._following <= today() else None

    @property
    def days(self) -> list[date]:
        """Return its days up to today."""
        return [self.first.replace(day=day + 1) for day in range((min(self.last, today()) - self.first).days + 1)]

    @property
    def _following(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)


class UsageDay(models.Model):
    """Sums of everybody's calls of a day that is over, as JSON, kept when a page first needs them.

    They are deleted with any person, whose calls then have another name, and made again.
    """

    day = models.DateField(primary_key=True)
    sums = models.TextField()

    def __str__(self) -> str:
        return str(self.day)

    @classmethod
    def of(cls, day: date, *kinds: list[Line]) -> "UsageDay":
        """Return an unsaved row with the lines of this day among all these."""
        theirs = [[line for line in lines if line["day"] == day] for lines in kinds]
        return cls(day=day, sums=orjson.dumps(theirs, default=str).decode())

    def read(self) -> list[list[Line]]:
        """Return its lines of each kind, as the database would."""
        kinds: list[list[Line]] = orjson.loads(self.sums)
        for line in chain(*kinds):
            line |= {"day": self.day, "spent": Decimal(line["spent"]), "owner_id": _key(line.get("owner_id"))}
            line.setdefault("owner_groups", "")  # of sums that an earlier version kept
        return kinds


def of_everybody(month: Month) -> tuple[list[Line], list[Line]]:
    """Return the sums of everybody's calls (by day and model, by day and owner); of old days as they were kept."""
    kept = {row.day: row for row in UsageDay.objects.filter(day__in=month.days)}
    if early := [day for day in kept if day >= today() - SETTLED]:  # kept while the clock was ahead
        UsageDay.objects.filter(day__in=early).delete()
        kept = {day: row for day, row in kept.items() if day not in early}
    calls = Call.objects.filter(day__in=[day for day in month.days if day not in kept])
    lines, people = by_day_and_model(calls, **TIMES), sums(calls, "day", *BY_OWNER)
    over = {line["day"] for line in lines if line["day"] < today() - SETTLED}
    _keep([UsageDay.of(day, lines, people) for day in over])
    for row in kept.values():
        before = row.read()
        lines, people = lines + before[0], people + before[1]
    return lines, people


def _keep(days: list[UsageDay]) -> None:
    """Keep the sums of days, each in a transaction of its own, as far as the database takes them."""
    with suppress(DatabaseError):
        for day in days:
            with transaction.atomic():
                UsageDay.objects.bulk_create([day], ignore_conflicts=True)


def _key(owner_id: Any) -> Any:
    """Return a person's id as the database does, from one as JSON has it."""
    return owner_id if owner_id is None else get_user_model()._meta.pk.to_python(owner_id)


def sums(calls: QuerySet[Any], *by: str, **more: Any) -> list[Line]:
    """Return the sums of the calls that are alike in these columns: in the order of an index, SQLite sorts no rows."""
    return list(calls.values(*by).annotate(**SUMS, **more).order_by())


def by_day_and_model(calls: QuerySet[Any], **more: Any) -> list[Line]:
    """Return the sums of calls by day, connection and model, with the name of whom they asked."""
    return sums(calls, "day", *BY_MODEL, name=Max("provider"), **more)


def failures(calls: QuerySet[Any], most: int) -> list[Line]:
    """Return how often each error came, of each model, the most frequent first."""
    counted = calls.exclude(error="").values(*BY_MODEL, "error").annotate(failed=Count("*"), name=Max("provider"))
    return list(counted.order_by("-failed")[:most])


def total(lines: Iterable[Line]) -> Line:
    """Return the sum of lines, with the average and the slowest time to the first token where these were asked for."""
    lines = list(lines)
    added = {name: sum(line.get(name, 0) for line in lines) for name in (*SUMS, "failed", "firsts", "first_ms")}
    first = added["first_ms"] / added["firsts"] if added["firsts"] else None
    slowest = max((line["slowest"] for line in lines if line.get("firsts")), default=None)
    return {**added, "first": first, "slowest": slowest}


def folded(lines: Iterable[Line], *by: str) -> list[Line]:
    """Return the sums of the lines that are alike in these columns.

    >>> line = {"calls": 1, "sent": 2, "written": 0, "spent": 0, "unpriced": 0, "estimated_calls": 0}
    >>> [found] = folded([{**line, "model": "a", "day": 1}, {**line, "model": "a", "day": 2}], "model")
    >>> found["model"], found["calls"], found["sent"]
    ('a', 2, 4)
    """
    alike: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        alike.setdefault(tuple(line[name] for name in by), []).append(line)
    return [{**group[0], **total(group)} for group in alike.values()]


def largest(lines: Iterable[Line]) -> tuple[list[Line], Line | None]:
    """Return (the first lines, the sum of the ``others``, if any), those that cost most, or have most tokens, first."""
    ordered = sorted(lines, key=lambda line: (-line["spent"], -line["sent"] - line["written"], -line["calls"]))
    rest = ordered[MAX_LINES:]
    return ordered[:MAX_LINES], {"others": len(rest), **total(rest)} if rest else None


def by_group(lines: Iterable[Line]) -> list[Line]:
    """Return the sums of lines by owner for each ``group``, by name: of who is in it, or was when they were deleted.

    Who is in several counts in each of them.
    """
    within, names = _memberships(), dict(Group.objects.values_list("pk", "name")[:MAX_MEMBERSHIPS])
    of_groups = [
        {**line, "group": names[group]}
        for line in lines
        for group in within.get(line["owner_id"], ()) or map(int, filter(None, line["owner_groups"].split(",")))
        if group in names
    ]
    return folded(of_groups, "group")


def _memberships() -> dict[Any, list[Any]]:
    """Return {person: groups} as they are now; a site's own model of people may have none."""
    people, within = get_user_model(), defaultdict[Any, list[Any]](list)
    if hasattr(people, "groups"):
        for pk, group in people._base_manager.exclude(groups=None).values_list("pk", "groups")[:MAX_MEMBERSHIPS]:
            within[pk].append(group)
    return within


def in_use() -> dict[Asked, Price | None]:
    """Return the models that were asked within 30 days, in order, and the price that each has today."""
    recent = Call.objects.filter(day__gte=today() - timedelta(days=30), completion_tokens__gt=0).order_by()
    asked = sorted(recent.values_list("connection", "model").distinct()[:MAX_MODELS])
    prices = Price.objects.of(asked)
    return {pair: prices.get(pair) for pair in asked}


def name_people(lines: Iterable[Line]) -> None:
    """Set the ``person`` of lines by owner: their name now, or the one they had when they were deleted."""
    lines, kind = list(lines), get_user_model()
    people = kind._base_manager.in_bulk({line["owner_id"] for line in lines} - {None})
    for line in lines:
        person = people.get(line["owner_id"])
        line["person"] = person.get_username() if person else line["owner_name"]
