"""The language in which a socket sends."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from django.conf import settings
from django.utils.translation import get_language, get_supported_language_variant

from parley.conf import conf


def socket_address() -> str:
    """Return the address of the socket of a page that is being rendered, with the language of that page."""
    return f"{conf.SOCKET_PATH}?{urlencode({'language': get_language() or settings.LANGUAGE_CODE})}"


def language_of(scope: dict[str, Any]) -> str:
    """Return the language that a socket's address asks for, or the site's own where the site does not have it."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("language", [""])[-1]
    try:
        return get_supported_language_variant(asked)
    except LookupError:
        return settings.LANGUAGE_CODE
