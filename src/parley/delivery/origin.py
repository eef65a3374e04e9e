"""Who may have a socket."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"http": 80, "https": 443}


def same_origin(scope: dict[str, Any]) -> bool:
    """Whether a socket comes from a page of this very host, or from one of CSRF_TRUSTED_ORIGINS.

    Stricter than ALLOWED_HOSTS, which may be ``*``; a browser always sends Origin.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = headers.get(b"origin", "")
    return _is_host(origin, headers.get(b"host", "")) or origin in settings.CSRF_TRUSTED_ORIGINS


def _is_host(origin: str, host: str) -> bool:
    try:
        page, here = urlsplit(origin), urlsplit(f"//{host}")
        default = DEFAULT_PORTS[page.scheme]
        return bool(page.hostname) and (page.hostname, page.port or default) == (here.hostname, here.port or default)
    except (KeyError, ValueError):
        return False
