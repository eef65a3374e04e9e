"""Where a person's own connection may lead: to public addresses, written plainly. Pure: nothing is looked up.

The tables are ours, since those of Python differ between its versions. Source: IANA's registries of special-purpose
addresses of IPv4 and IPv6.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from .addresses import literal

SPECIAL_V4 = [*map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3",
))]  # fmt: skip
"""168.63.129.16 is public by its number, and the host of a machine at Azure."""
GLOBAL_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = [*map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))]
TRANSLATED = [*map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96"))]
"""Forms in which an IPv4 address is reached as such; it stands at the end."""
CARRYING = [*TRANSLATED, *map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48"))]
ISATAP = 0x5EFE
METADATA_V4, METADATA_V6 = IPv4Network("169.254.0.0/16"), IPv6Address("fd00:ec2::254")
METADATA_NAMES = ("metadata.google.internal", "instance-data", "instance-data.ec2.internal")
NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
"""A name with a dot, whose end is no number: 127.1 and 0x7f.1 are addresses, though not plainly written."""
LOWEST_PORT, WEB_PORTS = 1024, (80, 443)


class NotPublic(ConnectionError):
    """A person's own connection leads where it may not. ``str()``: the code that ``refusal`` returns."""


def refusal(scheme: str, host: str, port: int | None) -> str:
    """Return why a person's own connection may not lead there, or "": "not_https", "low_port", "not_public".

    ``host``: without brackets. What a name means is checked when it is asked.

    >>> refusal("https", "api.example.com", None), refusal("https", "127.1", None), refusal("https", "8.8.8.8", 25)
    ('', 'not_public', 'low_port')
    """
    if scheme != "https":
        return "not_https"
    if port is not None and port < LOWEST_PORT and port not in WEB_PORTS:
        return "low_port"
    return "" if is_public(host) or NAME.fullmatch(host) else "not_public"


def refusal_of(base_url: str) -> str:
    """Return why a base URL may not be that of a person's own connection, or ""; see ``refusal``."""
    try:
        parts = urlsplit(base_url)
        return refusal(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return "not_public"


def is_public(address: str) -> bool:
    """Return whether this is an IP address that anybody on the internet reaches; what it carries has to be as well.

    >>> is_public("1.1.1.1"), is_public("::ffff:10.0.0.1"), is_public("2002:7f00:1::"), is_public("a name")
    (True, False, False, False)
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not _is_in(ip, SPECIAL_V4)
    if ip.scope_id is not None or any(_is_in(inner, SPECIAL_V4) for inner in _carried(ip)):
        return False
    return _is_in(ip, TRANSLATED) or (ip in GLOBAL_V6 and not _is_in(ip, SPECIAL_V6))


def is_metadata(host: str) -> bool:
    """Return whether a host is where a cloud tells machines their own secrets, in any form; no connection may ask it.

    >>> is_metadata("169.254.169.254"), is_metadata("0xa9fea9fe"), is_metadata("[::ffff:169.254.169.254]")
    (True, True, True)
    """
    ip = literal(host)
    if ip is None:
        return host.rstrip(".").lower() in METADATA_NAMES
    inner = [ip] if isinstance(ip, IPv4Address) else _carried(ip)
    return ip == METADATA_V6 or any(_is_in(one, [METADATA_V4]) for one in inner)


def _carried(ip: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses in one of IPv6: mapped, compatible, of NAT64, ISATAP, 6to4 and Teredo."""
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    is_isatap = (int(ip) >> 32) & 0xFCFFFFFF == ISATAP
    found = [last] if is_isatap or _is_in(ip, CARRYING) else []
    return [*found, *filter(None, (ip.sixtofour, *(ip.teredo or ())))]


def _is_in(ip: IPv4Address | IPv6Address, networks: Iterable[IPv4Network] | Iterable[IPv6Network]) -> bool:
    return any(ip in network for network in networks)
