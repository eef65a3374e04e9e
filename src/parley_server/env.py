"""Read typed values from the process environment.

A blank variable counts as unset. A secret may stand in a file instead, which NAME_FILE names. Each reader raises
ImproperlyConfigured for a value that it cannot use.
"""

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)

SECRET = re.compile(
    r"KEY|SECRET|TOKEN|PASSW|CREDENTIAL|DSN|^(DATABASE|REDIS|BROKER|OPENAI_BASE)_URL(_FILE)?$", re.ASCII | re.IGNORECASE
)
"""Names of variables that may hold secrets; addresses hold passwords."""
LONGEST_FILE = 65_536
"""Characters of a file that holds a secret."""


def text(name: str, default: str = "") -> str:
    """Return the value without surrounding space, or that of the file which NAME_FILE names, or the default."""
    value = os.environ.get(name, "").strip()
    file = os.environ.get(f"{name}_FILE", "").strip() if SECRET.search(name) else ""
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: leave one of them out.")
    return (_content(f"{name}_FILE", Path(file)) if file else value) or default


def _content(name: str, path: Path) -> str:
    """Return what a file holds; the errors never repeat that."""
    try:
        with path.open(encoding="utf-8-sig") as file:  # editors of Windows put a mark first
            content = file.read(LONGEST_FILE + 1)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ImproperlyConfigured(f"{name} cannot be read: {path}: {reason}.") from None
    if len(content) > LONGEST_FILE or not content.strip():
        size = "has nothing in it" if len(content) <= LONGEST_FILE else f"is longer than {LONGEST_FILE} characters"
        raise ImproperlyConfigured(f"{name} names a file that {size}: {path}.")
    return content.strip()


def without_secrets() -> dict[str, str]:
    """Return the environment for a program that needs no secret of the site."""
    return {name: value for name, value in os.environ.items() if not SECRET.search(name)}


def flag(name: str, default: bool = False) -> bool:
    """Read 1/0, true/false, yes/no or on/off, in any case."""
    value = text(name).lower()
    if value and value not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true, false, yes, no, on, off), not {value!r}.")
    return value in YES if value else default


def number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """Read a whole number within the bounds, which are included."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal() and at_least <= int(value) <= at_most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {at_least} to {at_most}, not {value!r}.")
    return int(value)


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Read words separated by commas, or in a file by lines."""
    return [word.strip() for word in re.split(r"[,\n]", text(name)) if word.strip()] or list(default)


def url(name: str, default: str = "", *, schemes: tuple[str, ...], host: bool = True) -> str:
    """Read an address with one of the schemes; the error never repeats the value, which may hold a password."""
    value = text(name, default)
    if value and not _is_url(value, schemes, host):
        either = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must be an address that starts with {either}.")
    return value


def redis_url(name: str, default: str = "", *, more: tuple[str, ...] = ()) -> str:
    """Read the address of a Valkey or Redis: a host, or unix:// with a path. ``more``: further schemes."""
    value = text(name, default)
    if value.startswith("sentinel"):
        raise ImproperlyConfigured(
            f"{name} cannot name a Sentinel: name an address that follows the primary, as a proxy's does."
        )
    if value.startswith("unix://"):
        return _socket_path(name, value)
    return url(name, default, schemes=("redis", "rediss", *more))


def _socket_path(name: str, value: str) -> str:
    if not urlsplit(value).path.strip("/") or any(map(str.isspace, value)):
        raise ImproperlyConfigured(f"{name} must have the path of a socket, such as unix:///run/valkey.sock?db=0.")
    return value


def hosts(name: str, default: tuple[str, ...]) -> list[str]:
    """Read comma-separated host names or addresses; * is any, .example.org is a domain and all below it."""
    found = names(name, default)
    for host in found:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} must list host names such as chat.example.org, without scheme and port, not {host!r}."
            )
    return found


def origins(name: str) -> list[str]:
    """Read comma-separated web origins, such as https://chat.example.org."""
    found = names(name)
    for origin in found:
        if not _is_url(origin, ("http", "https"), host=True):
            raise ImproperlyConfigured(f"{name} must list origins such as https://chat.example.org, not {origin!r}.")
    return found


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and nothing else.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.9", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def as_host_name(host: str) -> tuple[str, ...]:
    """Return the name by which a browser asks for a host to listen on, as a tuple: empty for "all addresses".

    >>> as_host_name("192.0.2.7"), as_host_name("::1"), as_host_name("0.0.0.0")
    (('192.0.2.7',), ('[::1]',), ())
    """
    address = _address(host)
    if address and address.is_unspecified:
        return ()
    return (f"[{host}]" if ":" in host else host,)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_url(value: str, schemes: tuple[str, ...], host: bool) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and (bool(parts.hostname) or not host) and not any(map(str.isspace, value))
