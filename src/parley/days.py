"""A reader's time zone, and the groups of a list in it, which is newest first: recent days, then months."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.db.models import DateField, Func
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""Beyond these, some time zones have no day."""


@dataclass(frozen=True, slots=True)
class Group:
    """``cursor``: where its heading stands in the list, above everything that is older."""

    id: str
    label: str
    cursor: str


def sort_key(moment: datetime) -> str:
    """Return the text by which a moment is sorted; the highest is the newest.

    >>> sort_key(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2030-01-02T03:04:05.000000'
    """
    moment = moment.astimezone(UTC)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S.%f}"


def today(at: datetime | None = None) -> date:
    """Return the day, in the site's TIME_ZONE, by which calls, prices and budgets are counted: now, or at a moment."""
    return timezone.localdate(at, timezone.get_default_timezone())


class DatabaseDay(Func):
    """Gives the day, in UTC, where a program that does not know a column writes the row."""

    template, output_field = "CURRENT_DATE", DateField()


def near_groups() -> list[Group]:
    """Return the groups that every list has, with or without rows; the future counts as today."""
    today = timezone.localdate()
    return [
        Group("today", _("Today"), "99999"),
        Group("yesterday", _("Yesterday"), _start(today)),
        Group("week", _("Previous 7 days"), _start(today - timedelta(days=1))),
        Group("month", _("Previous 30 days"), _start(today - timedelta(days=7))),
    ]


def month_group(moment: datetime) -> Group | None:
    """Return the group of a month, for a time more than 30 days ago; None for what is in a near group.

    >>> month_group(datetime(2024, 2, 29, tzinfo=UTC)).id
    '2024-02'
    """
    day, far = _day_of(moment), timezone.localdate() - timedelta(days=30)
    if day >= far:
        return None
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Group(f"{first.year:04d}-{first:%m}", date_format(first, "YEAR_MONTH_FORMAT"), _start(min(following, far)))


def under_headings(rows: Iterable[Any], groups: Iterable[Group]) -> list[Any]:
    """Sort rows (``updated_at``, ``cursor``), ``groups`` and the months that the rows need into one list."""
    rows = list(rows)
    months = {group.id: group for row in rows if (group := month_group(row.updated_at))}
    return sorted([*groups, *months.values(), *rows], key=lambda item: item.cursor, reverse=True)


def next_day() -> datetime:
    """Return the time at which the groups change."""
    return _midnight(timezone.localdate() + timedelta(days=1))


def _day_of(moment: datetime) -> date:
    return timezone.localdate(min(max(moment, EARLIEST), LATEST))


def _start(day: date) -> str:
    return sort_key(_midnight(day))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


COOKIE = "parley_zone"


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def readers_zone(cookies: Mapping[str, str]) -> AbstractContextManager[None]:
    """Activate, inside a ``with``, the time zone that a reader's browser has put into a cookie.

    >>> with readers_zone({COOKIE: "Asia%2FTokyo"}):
    ...     timezone.get_current_timezone_name()
    'Asia/Tokyo'
    """
    named = unquote(cookies.get(COOKIE, ""))
    chosen_by_host = timezone.get_current_timezone_name() != timezone.get_default_timezone_name()
    zone = timezone.get_current_timezone() if chosen_by_host or named not in _known() else ZoneInfo(named)
    return timezone.override(zone)
