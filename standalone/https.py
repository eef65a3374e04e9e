"""HTTPS=1: browsers come by https, whatever the way from the proxy to here."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.encoding import iri_to_uri
from django.utils.http import is_same_domain

from standalone.env import is_loopback
from standalone.refusals import Refused


def host_of(scope: Any) -> str:
    """The name under which this site is asked, in small letters, with its port; of several names a list, which is none."""
    return b",".join(value for name, value in scope["headers"] if name == b"host").decode("latin-1").lower()


def is_allowed(host: str) -> bool:
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def secured(scope: Any) -> Any:
    """The scope as the browser sees it: with https, unless it came by http itself."""
    if not settings.HTTPS or came_plain(scope):
        return scope
    return {**scope, "scheme": "wss" if scope["type"] == "websocket" else "https"}


def came_plain(scope: Any) -> bool:
    """Whether a browser spoke http.

    A proxy that says https is believed, whoever it is: to claim it gains nobody more than to speak it. One that says
    nothing is known by the origin of the site, which is in CSRF_TRUSTED_ORIGINS then.
    """
    if scope.get("scheme") in ("https", "wss"):
        return False
    told = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    return told not in (b"https", b"wss") if told else not has_https(host_of(scope))


def has_https(host: str) -> bool:
    """Whether CSRF_TRUSTED_ORIGINS says so of this name; https://*.example.org is a domain with all below it."""
    trusted = [
        origin.removeprefix("https://") for origin in settings.CSRF_TRUSTED_ORIGINS if origin.startswith("https:")
    ]
    return any(is_same_domain(host, name.lstrip("*")) for name in trusted)


def better_address(scope: Any) -> str:
    """The same with https. Raises Refused where nobody can know it: for another port, this machine, or a form."""
    name, port = split_domain_port(host_of(scope))
    if port not in ("", "80") or name == "localhost" or is_loopback(name) or scope["method"] not in ("GET", "HEAD"):
        raise Refused(403, "http")
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return iri_to_uri(f"https://{name}{(path + query).decode('latin-1')}")
