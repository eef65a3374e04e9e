"""Fields of a connection that are written as text: patterns, headers, a JSON object and an address."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import orjson
from django import forms
from django.utils.translation import gettext_lazy as _

from parley.provider import OF_SECRET, with_secrets
from parley.text import clean_line

KEPT = "••••"
"""What a page shows in place of the value of a header; a line that is sent back so keeps its value."""
MAX_PATTERNS, MAX_HEADERS, LONGEST_HEADER = 100, 20, 1000
LARGEST_BODY, DEEPEST_BODY = 8000, 10
SET_BY_PARLEY = frozenset(("model", "messages", "stream", "stream_options"))
HEADERS_SET_BY_PARLEY = frozenset(
    ("host", "content-length", "content-type", "transfer-encoding", "connection", "accept", "accept-encoding")
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_SECRET = re.compile(
    rf"""("[^"]{{0,60}}(?:{OF_SECRET.pattern})[^"]{{0,60}}"\s*:\s*")(?:[^"\\]|\\.){{8,}}""", re.IGNORECASE
)
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
_OWN = _("“%(name)s” is set by Parley itself.")


class AddressInput(forms.TextInput):
    """Shows no password that was typed into an address."""

    def format_value(self, value: Any) -> str | None:
        return _LOGIN.sub("", value) if isinstance(value, str) else None


class HeadersInput(forms.Textarea):
    """Shows the names of headers; a value that was typed must be typed again."""

    def format_value(self, value: Any) -> str | None:
        return "\n".join(map(_without_value, (value or "").splitlines()))


def _without_value(line: str) -> str:
    name, colon, value = line.partition(":")
    return line if value.strip() == KEPT else f"{name}{colon}" if colon else ""


class PatternsField(forms.CharField):
    """Patterns, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return a list. Raises ValidationError for more than MAX_PATTERNS."""
        lines = [clean_line(line, 200) for line in (value or "").splitlines()]
        patterns = [line for line in lines if line]
        if len(patterns) > MAX_PATTERNS:
            raise forms.ValidationError(_("At most %(most)s lines are possible."), params={"most": MAX_PATTERNS})
        return patterns


class ObjectField(forms.CharField):
    """A JSON object of at most LARGEST_BODY bytes and DEEPEST_BODY levels; empty for {}.

    What is secret in it by its name is shown as KEPT, and where it was typed, must be typed again.
    """

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return _without_secrets(value)
        return json.dumps(with_secrets(value, lambda _: KEPT), indent=1, ensure_ascii=False) if value else ""

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip().encode("utf-8", "replace")
        if len(text) > LARGEST_BODY:
            raise forms.ValidationError(_("This is longer than %(most)s bytes."), params={"most": LARGEST_BODY})
        found = _parsed(text or b"{}")
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This is no JSON object. Write it in braces: {…}."))
        for name in SET_BY_PARLEY & set(found):
            raise forms.ValidationError(_OWN, params={"name": name})
        return found


def _without_secrets(text: str) -> str:
    """Return what was typed as JSON without what is secret in it, also where it is none."""
    with suppress(ValueError, RecursionError):
        return json.dumps(with_secrets(json.loads(text), lambda _: ""), indent=1, ensure_ascii=False)
    return _SECRET.sub(r"\1", text)


def with_kept(typed: Any, kept: Any) -> Any:
    """Return a JSON object with the texts of another in place of each KEPT. Raises ValidationError where it has none.

    >>> with_kept({"tool": {"key": KEPT, "on": True}}, {"tool": {"key": "sk-of-a-tool"}})
    {'tool': {'key': 'sk-of-a-tool', 'on': True}}
    """
    if typed == KEPT and not isinstance(kept, str):
        raise forms.ValidationError(_("Type what stands as %(dots)s again."), params={"dots": KEPT})
    if isinstance(typed, dict):
        known = kept if isinstance(kept, dict) else {}
        return {name: with_kept(value, known.get(name)) for name, value in typed.items()}
    if isinstance(typed, list):
        row = kept[: len(typed)] if isinstance(kept, list) else []
        return [with_kept(*each) for each in zip_longest(typed, row)]
    return kept if typed == KEPT else typed


def _parsed(text: bytes) -> Any:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise forms.ValidationError(
            _("This is no JSON object: see line %(line)s, column %(column)s."),
            params={"line": error.lineno, "column": error.colno},
        ) from None
    if _is_deeper(found, DEEPEST_BODY) or b"\\u0000" in orjson.dumps(found):
        raise forms.ValidationError(_("This JSON is too deep, or holds characters that cannot be kept."))
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inside is not None and (not levels or any(_is_deeper(each, levels - 1) for each in inside))


def parsed_headers(text: str, kept: Mapping[str, str]) -> dict[str, str]:
    """Parse "Name: value" lines; one whose value is KEPT has that of ``kept``. Raises ValidationError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_HEADERS:
        raise forms.ValidationError(_("At most %(most)s lines are possible."), params={"most": MAX_HEADERS})
    values = {name.lower(): value for name, value in kept.items()}
    return dict(_header(number, line, values) for number, line in enumerate(lines, 1))


def _header(number: int, line: str, kept: Mapping[str, str]) -> tuple[str, str]:
    name, _colon, value = (part.strip() for part in line.partition(":"))
    value = kept.get(name.lower(), "") if value == KEPT else value
    if not (_TOKEN.fullmatch(name) and value and is_sendable(value) and len(line) <= LONGEST_HEADER):
        raise forms.ValidationError(_("Line %(line)s is no header. Write “Name: value”."), params={"line": number})
    if name.lower() in HEADERS_SET_BY_PARLEY:
        raise forms.ValidationError(_OWN, params={"name": name})
    return name, value


def is_sendable(text: str) -> bool:
    """Tell whether a header can carry this: ASCII without line breaks or other control characters."""
    return text.isascii() and text.isprintable()
