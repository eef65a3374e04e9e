"""Reads the base URL of a provider. Pure."""

import socket
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Address:
    """Where a provider is, and what its base URL says beside that.

    ``query``: sent with every request, as Azure's api-version; ``login``: "user:password" of HTTP Basic, or "";
    ``local``: whether it is this machine, which is asked without any proxy.
    """

    url: str
    host: str = ""
    query: tuple[tuple[str, str], ...] = ()
    login: str = ""
    local: bool = False


def read(base_url: str) -> Address:
    """Parse a base URL. Raises ValueError for what is none.

    >>> read("http://me:secret@localhost/v1?v=1")
    Address(url='http://localhost/v1', host='localhost', query=(('v', '1'),), login='me:secret', local=True)
    """
    parts = urlsplit(base_url)
    login, _, place = parts.netloc.rpartition("@")
    url = urlunsplit((parts.scheme, place, parts.path, "", ""))
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    host = parts.hostname or ""
    return Address(url, host, query, unquote(login), is_loopback(host))


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, however it is written; no name is looked up.

    >>> is_loopback("127.1"), is_loopback("[::1]"), is_loopback("192.168.0.1")
    (True, True, False)
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = literal(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, in any form that machines take for one; None for a name.

    >>> literal("2130706433"), literal("[::ffff:127.0.0.1]"), literal("localhost")
    (IPv4Address('127.0.0.1'), IPv4Address('127.0.0.1'), None)
    """
    name = unicodedata.normalize("NFKC", host).strip("[]").rstrip(".").lower()
    with suppress(OSError, UnicodeError):
        name = socket.inet_ntoa(socket.inet_aton(name))  # 127.1 and 2130706433 are addresses as well
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
