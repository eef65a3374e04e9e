"""Choose the reader's time zone: the host's choice, else the browser's, else the site's."""

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
    """Activate, inside a ``with``, the time zone that a reader's browser has put into a cookie.

    >>> with readers_zone({COOKIE: "Asia%2FTokyo"}):
    ...     timezone.get_current_timezone_name()
    'Asia/Tokyo'
    """
    named = unquote(cookies.get(COOKIE, ""))
    chosen_by_host = timezone.get_current_timezone_name() != timezone.get_default_timezone_name()
    zone = timezone.get_current_timezone() if chosen_by_host or named not in _known() else ZoneInfo(named)
    return timezone.override(zone)
