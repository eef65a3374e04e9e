"""The groups of a list, by the reader's days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from parley import days
from parley.days import readers_zone

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass
class Row:
    updated_at: datetime

    @property
    def cursor(self):
        return f"{days.sort_key(self.updated_at)} id"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def group_of(moment, zone="UTC"):
    """The heading under which a row is."""
    with timezone.override(ZoneInfo(zone)):
        items = days.under_headings([Row(moment)], days.near_groups())
    index = next(index for index, item in enumerate(items) if isinstance(item, Row))
    return items[index - 1].label


@pytest.mark.parametrize(
    ("moment", "label"),
    [
        (NOW + timedelta(days=400), "Today"),
        (NOW, "Today"),
        (datetime(2026, 3, 10, tzinfo=UTC), "Today"),
        (datetime(2026, 3, 9, 23, 59, 59, 999_999, UTC), "Yesterday"),
        (datetime(2026, 3, 9, tzinfo=UTC), "Yesterday"),
        (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), "Previous 7 days"),
        (datetime(2026, 3, 3, tzinfo=UTC), "Previous 7 days"),
        (datetime(2026, 3, 2, 23, 59, tzinfo=UTC), "Previous 30 days"),
        (datetime(2026, 2, 8, tzinfo=UTC), "Previous 30 days"),
        (datetime(2026, 2, 7, 23, 59, tzinfo=UTC), "February 2026"),
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "January 2026"),
        (datetime(1999, 12, 31, tzinfo=UTC), "December 1999"),
    ],
)
def test_puts_a_row_under_its_day(moment, label):
    assert group_of(moment) == label


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    ("moment", "label"),
    [
        (datetime.min.replace(tzinfo=UTC), "January 0001"),
        (datetime(500, 6, 15, tzinfo=UTC), "June 0500"),
        (datetime.max.replace(tzinfo=UTC), "Today"),
    ],
)
def test_has_a_group_for_any_time_that_a_database_holds(moment, label, zone):
    assert group_of(moment, zone) == label


def test_sorts_the_years_before_1000_as_text():
    early = datetime(500, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert days.sort_key(early) == "0500-01-02T03:04:05.000000"
    assert days.sort_key(datetime.min.replace(tzinfo=UTC)) < days.sort_key(early) < days.sort_key(NOW)


def test_counts_the_days_of_the_readers_zone():
    late = datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert group_of(late, "Pacific/Kiritimati") == "Today"
    assert group_of(late - timedelta(hours=2), "Pacific/Kiritimati") == "Yesterday"
    assert group_of(late - timedelta(hours=2), "America/New_York") == "Today"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"])
def test_has_every_heading_once_and_above_its_rows(zone):
    with timezone.override(ZoneInfo(zone)):
        rows = [Row(NOW - timedelta(hours=7 * number)) for number in range(400)]
        items = days.under_headings(rows, days.near_groups())
        for row in rows:
            heading = next(item for item in reversed(items[: items.index(row)]) if isinstance(item, days.Group))
            month = days.month_group(row.updated_at)
            assert heading == month if month else heading.id in ("today", "yesterday", "week", "month")
    labels = [item.label for item in items if isinstance(item, days.Group)]
    assert len(labels) == len(set(labels))


def test_is_right_until_the_next_midnight():
    with timezone.override(ZoneInfo("America/New_York")):
        assert days.next_day() == datetime(2026, 3, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "/etc/localtime", "America", "x" * 5_000, "\0", "localtime"])
def test_takes_no_zone_that_there_is_not(text, settings):
    with readers_zone({"parley_zone": text}):
        assert timezone.get_current_timezone_name() == settings.TIME_ZONE


def test_takes_the_zone_of_the_browser_unless_the_host_has_chosen():
    with readers_zone({"parley_zone": "Asia%2FKathmandu"}):
        assert timezone.get_current_timezone_name() == "Asia/Kathmandu"
        with readers_zone({"parley_zone": "Europe/Berlin"}):
            assert timezone.get_current_timezone_name() == "Asia/Kathmandu"
    assert timezone.get_current_timezone_name() == "UTC"
