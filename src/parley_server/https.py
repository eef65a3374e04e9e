"""HTTPS=1: browsers use https, whatever the proxy speaks to this server."""

from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.encoding import iri_to_uri
from django.utils.http import is_same_domain

from parley_server.env import is_loopback
from parley_server.refusals import Refused


def host_of(scope: Any) -> str:
    """Return the Host header in lower case, with its port.

    Several headers are joined by a comma, which is no valid name.

    >>> host_of({"headers": [(b"host", b"Chat.Example:8000")]})
    'chat.example:8000'
    """
    return b",".join(value for name, value in scope["headers"] if name == b"host").decode("latin-1").lower()


def is_allowed(host: str) -> bool:
    """Tell whether ALLOWED_HOSTS has this name; a port behind it does not matter."""
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def secured(scope: Any) -> Any:
    """Return the scope with the scheme that the browser used: https, unless the browser itself came by http."""
    if not settings.HTTPS or came_plain(scope):
        return scope
    return {**scope, "scheme": "wss" if scope["type"] == "websocket" else "https"}


def came_plain(scope: Any) -> bool:
    """Tell whether a browser spoke http.

    Any proxy that says https is believed: who lies about it gains no more than by speaking https. Behind a proxy
    that says nothing, the site's https origin has to be in CSRF_TRUSTED_ORIGINS.
    """
    if scope.get("scheme") in ("https", "wss"):
        return False
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    return forwarded not in (b"https", b"wss") if forwarded else not has_https(host_of(scope))


def has_https(host: str) -> bool:
    """Tell whether CSRF_TRUSTED_ORIGINS has this host with https; https://*.example.org is a domain with all below."""
    origins = map(urlsplit, settings.CSRF_TRUSTED_ORIGINS)
    return any(is_same_domain(host, origin.netloc.lstrip("*")) for origin in origins if origin.scheme == "https")


def better_address(scope: Any) -> str:
    """Return the address of this request with https.

    Raises Refused where it cannot be known (another port, this machine), and for a form, which a redirect would lose.
    """
    name, port = split_domain_port(host_of(scope))
    if port not in ("", "80") or name == "localhost" or is_loopback(name) or scope["method"] not in ("GET", "HEAD"):
        raise Refused(403, "http")
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return iri_to_uri(f"https://{name}{(path + query).decode('latin-1')}")
