"""Typed readers of the process environment; a blank variable counts as unset, nonsense raises ImproperlyConfigured."""

import ipaddress
import os
import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)

SECRET = re.compile(
    r"KEY|SECRET|TOKEN|PASSW|CREDENTIAL|^(DATABASE|REDIS|BROKER|OPENAI_BASE)_URL$", re.ASCII | re.IGNORECASE
)
"""Names of variables that may hold secrets; addresses hold passwords."""


def text(name: str, default: str = "") -> str:
    """The value without surrounding space, or the default."""
    return os.environ.get(name, "").strip() or default


def without_secrets() -> dict[str, str]:
    """The environment for a program that needs no secret of the site."""
    return {name: value for name, value in os.environ.items() if not SECRET.search(name)}


def flag(name: str, default: bool = False) -> bool:
    """One of 1/0, true/false, yes/no, on/off, in any case."""
    value = text(name).lower()
    if value and value not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true, false, yes, no, on, off), not {value!r}.")
    return value in YES if value else default


def number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    """A whole number within the bounds."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal() and at_least <= int(value) <= at_most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {at_least} to {at_most}, not {value!r}.")
    return int(value)


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def url(name: str, default: str = "", *, schemes: tuple[str, ...], host: bool = True) -> str:
    """An address with one of the schemes; the message never repeats the value, which may hold a password."""
    value = text(name, default)
    if value and not _is_url(value, schemes, host):
        raise ImproperlyConfigured(f"{name} must be an address that starts with {_either(schemes)}.")
    return value


def hosts(name: str, default: tuple[str, ...]) -> list[str]:
    """Comma-separated host names or addresses; * is any, and .example.org is a domain with all below it."""
    found = names(name, default)
    for host in found:
        if not HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"{name} must list host names such as chat.example.org, without scheme and port, not {host!r}."
            )
    return found


def origins(name: str) -> list[str]:
    """Comma-separated web origins, such as https://chat.example.org."""
    found = names(name)
    for origin in found:
        if not _is_url(origin, ("http", "https"), host=True):
            raise ImproperlyConfigured(f"{name} must list origins such as https://chat.example.org, not {origin!r}.")
    return found


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def is_wildcard(host: str) -> bool:
    """Whether a host stands for all addresses of this machine."""
    address = _address(host)
    return address is not None and address.is_unspecified


def as_host_name(host: str) -> tuple[str, ...]:
    """The name by which a browser asks for a host to listen on; none where that is any address."""
    if is_wildcard(host):
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


def _either(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{scheme}://" for scheme in schemes)
