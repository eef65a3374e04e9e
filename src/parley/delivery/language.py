"""The language of what a socket says."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from django.conf import settings
from django.utils.translation import get_language, get_supported_language_variant

from parley.conf import conf


def socket_address() -> str:
    """Where a page that is being rendered finds its socket, which then speaks the language of the page."""
    return f"{conf.SOCKET_PATH}?{urlencode({'language': get_language() or settings.LANGUAGE_CODE})}"


def language_of(scope: dict[str, Any]) -> str:
    """The language that the address of a socket asks for, as far as the site has it, else the site's own."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("language", [""])[-1]
    try:
        return get_supported_language_variant(asked)
    except LookupError:
        return settings.LANGUAGE_CODE
