"""SITE_URL: the one address at which people find the site, from which hosts, origins and https follow."""

import ipaddress
import re
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from parley_server import env

NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", re.ASCII)
PATH = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~-]+)*/?", re.ASCII)
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
PORTS = {"http": 80, "https": 443}
EXAMPLE = "such as https://chat.example.org or http://192.0.2.7:8000"


class Site(NamedTuple):
    """An address: ``host`` as ALLOWED_HOSTS has it, ``origin`` as browsers send it, ``path`` empty or as /chat."""

    scheme: str
    host: str
    origin: str
    path: str

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"{self.origin}{self.path}/"


def from_environment() -> Site | None:
    """Return what SITE_URL says, or None where it is not set. Raises ImproperlyConfigured."""
    value = env.text("SITE_URL")
    return parsed(value) if value else None


def parsed(value: str) -> Site:
    """Return the parts of an address. Raises ImproperlyConfigured, and never repeats a password.

    >>> parsed("https://Chat.Example.org:443/ai/")
    Site(scheme='https', host='chat.example.org', origin='https://chat.example.org', path='/ai')
    """
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise _refusal(f"must be one address, {EXAMPLE}") from None
    if trouble := _trouble(parts):
        raise _refusal(trouble)
    host = _host(parts)
    shown = f":{port}" if port and port != PORTS[parts.scheme] else ""
    return Site(parts.scheme, host, f"{parts.scheme}://{host}{shown}", parts.path.rstrip("/"))


def https(site: Site | None) -> bool:
    """Tell whether browsers come by https: as HTTPS says, or else SITE_URL. Raises ImproperlyConfigured."""
    found = env.flag("HTTPS", site is not None and site.scheme == "https")
    if site and found is not (site.scheme == "https"):
        raise ImproperlyConfigured(
            f"SITE_URL says {site.scheme}, and HTTPS={env.text('HTTPS')} something else: leave HTTPS out."
        )
    return found


def hosts(site: Site | None, listen: str, secure: bool) -> tuple[str, ...]:
    """Return the names that the site answers to by itself, where it listens on an address.

    Without SITE_URL, who listens on all networks by plain http is asked for by any name: a NAS has many.
    """
    own = (site.host,) if site else env.as_host_name(listen)
    if not (own or secure):
        return ("*",)
    return tuple(dict.fromkeys((*LOOPBACK, *own)))


def open_to_others(listen: str, allowed: list[str]) -> bool:
    """Tell whether others than this machine may reach the site, by its own port or by a proxy that has its name.

    >>> open_to_others("127.0.0.1", ["localhost", "[::1]"]), open_to_others("127.0.0.1", ["chat.example.org"])
    (False, True)
    """
    return not all(env.is_loopback(name.strip("[]")) for name in (listen, *allowed))


def refuse_debug_for_others(debug: bool, site: Site | None, listen: str) -> None:
    """Raise ImproperlyConfigured where DEBUG is on and others reach the site."""
    reached = "" if env.is_loopback(listen) else f"HOST={listen}"
    if site and not env.is_loopback(site.host.strip("[]")):
        reached = reached or f"SITE_URL={site.origin}"
    if debug and reached:
        raise ImproperlyConfigured(
            f"DEBUG shows the inside of the site to everybody who reaches {reached}: leave one of the two out."
        )


def cookie(name: str, path: str) -> str:
    """Return the name of a cookie of a site below a path; of two of one name, browsers send those of both sites.

    >>> cookie("sessionid", "/ai"), cookie("sessionid", "")
    ('sessionid_ai', 'sessionid')
    """
    return name + path.replace("/", "_")


def mounted(scope: dict[str, Any], path: str) -> dict[str, Any]:
    """Return an ASGI scope whose path is that of the browser, and whose root path is that of the site.

    A proxy may pass on the whole path, or what is below that of the site.

    >>> mounted({"path": "/ai/search/"}, "/ai") == mounted({"path": "/search/"}, "/ai")
    True
    """
    if not path:
        return scope
    given, raw = scope["path"], scope.get("raw_path")
    if given == path or given.startswith(f"{path}/"):
        return {**scope, "root_path": path, "path": f"{path}/" if given == path else given}
    shown = {**scope, "path": path + given, "root_path": path}
    return shown | {"raw_path": path.encode() + raw} if raw else shown


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").lower()
    return f"[{name}]" if ":" in name else name


def _trouble(parts: SplitResult) -> str:
    """Say what is wrong with an address; return nothing where it can be used."""
    if parts.scheme not in PORTS or not parts.hostname:
        return f"must begin with https:// or http:// and name a host, {EXAMPLE}"
    if "@" in parts.netloc:
        return "must hold no user and no password: people sign in on the site"
    return _trouble_with_host(_host(parts)) or _trouble_with_path(parts)


def _trouble_with_path(parts: SplitResult) -> str:
    if parts.query or parts.fragment:
        return "must end with the host, its port or a path: nothing can follow ? or #"
    if not PATH.fullmatch(parts.path):
        return "may have a path of letters, digits and - . _ ~ only, such as https://example.org/chat"
    return ""


def _trouble_with_host(host: str) -> str:
    if not host.isascii():
        return f"must name the host as name servers know it: {_as_known(host)}"
    if not NAME.fullmatch(host):
        return f"must name one host, {EXAMPLE}"
    if _is_unspecified(host.strip("[]")):
        return "is what people type: it cannot be the address of all networks, which HOST is for"
    return ""


def _as_known(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return "xn--…"


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _refusal(words: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"SITE_URL {words}.")
