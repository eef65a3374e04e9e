"""Passwords inside of addresses, and the other secrets of this site, masked in error pages and logs."""

import logging
import re
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

MASK = "***"
USER_AND_PASSWORD = re.compile(r"(?<=://)[^\s/?#]*@")
SHORTEST = 4
"""Characters: to mask a shorter secret everywhere would hide other words, and show by that what it is."""


def without_passwords(text: str) -> str:
    """Mask user and password of each address."""
    return USER_AND_PASSWORD.sub(f"{MASK}@", text)


def masked(text: str) -> str:
    """Mask what addresses have before their host, and each secret of the settings wherever it stands."""
    secrets, text = _secrets(), without_passwords(text)
    return secrets.sub(MASK, text) if secrets else text


@lru_cache(maxsize=1)
def _secrets() -> re.Pattern[str] | None:
    addresses = [settings.REDIS_URL, settings.CELERY_BROKER_URL, str(settings.PARLEY.get("BASE_URL", ""))]
    passwords = [urlsplit(address).password or "" for address in addresses]
    values = [settings.SECRET_KEY, settings.PARLEY.get("API_KEY"), settings.DATABASES["default"].get("PASSWORD")]
    texts = [str(value or "") for value in (*values, *passwords, *map(unquote, passwords))]
    forms = {form for text in texts if len(text) >= SHORTEST for form in _written(text)}
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None


def _written(value: str) -> set[str]:
    """How a text stands in a page or in a traceback: as it is, as Python writes it, and each in HTML."""
    inner = repr(value)[1:-1]
    return {value, inner, escape(value), escape(inner)}


class Formatter(logging.Formatter):
    """Writes a record, its traceback included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class ReporterFilter(SafeExceptionReporterFilter):
    """Masks passwords inside of the values of settings, which Django's own shows when the name is no secret's."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        cleansed = super().cleanse_setting(key, value)
        return masked(cleansed) if isinstance(cleansed, str) else cleansed


class Reporter(ExceptionReporter):
    """Writes an error page that holds no secret in any variable, whether or not DEBUG is on."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(masked(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(masked(super().get_traceback_text()))
