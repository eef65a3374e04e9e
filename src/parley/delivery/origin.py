"""What the opening of a socket says: where its page comes from, and in which language it is."""

from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain
from django.utils.translation import get_language, get_supported_language_variant

from parley.conf import conf

DEFAULT_PORTS = {"http": 80, "https": 443}


def same_origin(scope: dict[str, Any]) -> bool:
    """Tell whether a socket comes from a page of this very site, by Django's rule for forms.

    Scheme, host and port are those of the page, and the host is one of ALLOWED_HOSTS; or the origin is one of
    CSRF_TRUSTED_ORIGINS. A browser always sends Origin.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        page = urlsplit(headers.get(b"origin", ""))
        return _is_trusted(page) or _place(page) == _place(urlsplit(_address_of(scope)))
    except (DisallowedHost, LookupError, ValueError):
        return False


def _address_of(scope: dict[str, Any]) -> str:
    """Return "scheme://host" of the site as a browser sees it; some proxies say wss where the settings expect https."""
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    headers = [(name, b"https" if value.lower() == b"wss" else value) for name, value in scope["headers"]]
    page = {**scope, "headers": headers, "method": "GET", "scheme": scheme, "query_string": b""}
    request = ASGIRequest(page, BytesIO())
    return f"{request.scheme}://{request.get_host()}"


def _place(address: SplitResult) -> tuple[str, str | None, int]:
    return address.scheme, address.hostname, address.port or DEFAULT_PORTS[address.scheme]


def _is_trusted(page: SplitResult) -> bool:
    trusted = [urlsplit(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    return any(page.scheme == each.scheme and is_same_domain(page.netloc, each.netloc.lstrip("*")) for each in trusted)


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
