"""The check of the origin of a socket."""

from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain

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
