"""The reader's time zone: the host's choice, else what the browser says, else the site's."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

COOKIE = "parley_zone"


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def readers_zone(cookies: Mapping[str, str]) -> AbstractContextManager[None]:
    """The time zone of what is rendered for a reader, by the cookie of their browser."""
    said = unquote(cookies.get(COOKIE, ""))
    chosen_by_host = timezone.get_current_timezone_name() != timezone.get_default_timezone_name()
    zone = timezone.get_current_timezone() if chosen_by_host or said not in _known() else ZoneInfo(said)
    return timezone.override(zone)
