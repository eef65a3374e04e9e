"""Keep secrets out of error pages and logs (addresses lose their passwords), and repetitions out of logs."""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from parley import encrypted
from parley.conf import conf
from parley_server.passwords import MASK, without_passwords

SHORTEST = 4
"""Characters: a shorter secret, masked in other words too, could be guessed from what is missing."""


def masked(text: str) -> str:
    """Mask user and password of each address, and the secrets of the settings wherever they stand."""
    secrets, text = _secrets(), encrypted.masked(without_passwords(text))
    return secrets.sub(MASK, text) if secrets else text


@lru_cache(maxsize=1)
def _secrets() -> re.Pattern[str] | None:
    addresses = [settings.REDIS_URL, settings.CELERY_BROKER_URL, str(settings.PARLEY.get("BASE_URL", ""))]
    passwords = [urlsplit(address).password or "" for address in addresses]
    values = [settings.SECRET_KEY, settings.PARLEY.get("API_KEY"), conf.METRICS_TOKEN, *conf.ENCRYPTION_KEYS]
    values += [settings.DATABASES["default"].get("PASSWORD"), settings.SENTRY_DSN]
    texts = [str(value or "") for value in (*values, *passwords, *map(unquote, passwords))]
    forms = {form for text in texts if len(text) >= SHORTEST for form in _written(text)}
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None


def _written(value: str) -> set[str]:
    """Return the forms that a text takes in pages and tracebacks: as it is, in a repr, and both escaped for HTML."""
    inner = repr(value)[1:-1]
    return {value, inner, escape(value), escape(inner)}


class Formatter(logging.Formatter):
    """Writes a record, its traceback included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class ReporterFilter(SafeExceptionReporterFilter):
    """Masks passwords within values of settings as well, where Django looks at the name of a setting only."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        cleansed = super().cleanse_setting(key, value)
        return masked(cleansed) if isinstance(cleansed, str) else cleansed


class Reporter(ExceptionReporter):
    """Writes error pages and mails whose variables hold no secret, with or without DEBUG."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(masked(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(masked(super().get_traceback_text()))


PAUSE = 60.0
"""Seconds until the same message is logged again."""


class Seldom(logging.Filter):
    """Lets each message of a logger through once in PAUSE, whatever its arguments: an absent broker is tried often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.logged: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, message = self.clock(), (record.name, str(record.msg))
        if now - self.logged.get(message, -PAUSE) < PAUSE:
            return False
        self.logged[message] = now
        return True
