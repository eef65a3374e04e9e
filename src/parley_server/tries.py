"""Limit how often a password may be tried, counted in Valkey, or in this process while Valkey is away."""

import ipaddress
import logging
import threading
import time
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import get_random_string, salted_hmac
from redis import RedisError

from parley.conf import conf
from parley.redis import connection

logger = logging.getLogger(__name__)

DEVICE = "parley_device"
SALT = "parley_server.tries"
REMEMBERED = 31_536_000
"""Seconds for which a device is known after a sign-in."""
ACCOUNTS = 5
"""Accounts that a device remembers."""
AWAY = 10.0
"""Seconds after a failure in which Valkey is not asked."""
MAX_KEPT = 10_000
"""Numbers in this process."""


class Limit(NamedTuple):
    """At most so many tries in so many seconds, counted under a key."""

    key: str
    most: int
    seconds: int


class Counters:
    """Counts tries; a number goes back to zero after the seconds of its limit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._kept: dict[str, tuple[float, int]] = {}
        self._away_until = 0.0

    def add(self, limit: Limit, number: int) -> int:
        """Add to a number, and return the sum; its seconds begin with the first try. Never fails."""
        if self._clock() >= self._away_until:
            try:
                return self._in_valkey(limit, number)
            except RedisError as error:
                self._away_until = self._clock() + AWAY
                logger.warning("Tries to sign in are counted by each process for itself (%s).", error)
        return self._here(limit, number)

    def _in_valkey(self, limit: Limit, number: int) -> int:
        key = f"{conf.KEY_PREFIX}:tries:{limit.key}"
        with connection().pipeline() as both:
            both.set(key, 0, ex=limit.seconds, nx=True)
            both.incrby(key, number)
            return int(both.execute()[-1])

    def _here(self, limit: Limit, number: int) -> int:
        now = self._clock()
        with self._lock:
            if len(self._kept) >= MAX_KEPT:
                running = {key: kept for key, kept in self._kept.items() if kept[0] > now}
                self._kept = running if len(running) < MAX_KEPT else {}
            until, count = self._kept.get(limit.key, (0.0, 0))
            until, count = (until, count) if until > now else (now + limit.seconds, 0)
            self._kept[limit.key] = (until, count + number)
            return count + number


counters = Counters()


class Tries:
    """Counts the tries of one password: by account and address, or by device where the account is known on it.

    Accounts are counted by a hash of their name, whether or not they exist.
    """

    def __init__(self, *limits: Limit) -> None:
        self._limits = limits

    @classmethod
    def to_sign_in(cls, request: HttpRequest, name: str) -> "Tries":
        """Return the tries to sign in with this name."""
        account, (device, accounts) = _account(name), device_of(request)
        if account in accounts:
            return cls(Limit(f"device:{device}", 10, 900))
        return cls(Limit(f"account:{account}", 10, 900), Limit(f"address:{address_of(request)}", 30, 300))

    @classmethod
    def to_set_up(cls, request: HttpRequest) -> "Tries":
        """Return the tries to make the first account with the code from the log."""
        return cls(Limit(f"setup:{address_of(request)}", 10, 900))

    @classmethod
    def to_change(cls, person: Any) -> "Tries":
        """Return the tries to change this person's password."""
        return cls(Limit(f"change:{person.pk}", 10, 900))

    def begin(self) -> bool:
        """Count a try before its password is checked; return False when there were too many."""
        counts = [counters.add(limit, 1) for limit in self._limits]
        return all(count <= limit.most for count, limit in zip(counts, self._limits, strict=True))

    def succeed(self) -> None:
        """Take back the try that `begin` counted, because its password was right."""
        for limit in self._limits:
            counters.add(limit, -1)

    @property
    def seconds(self) -> int:
        """Seconds until the number is zero again, at most."""
        return max(limit.seconds for limit in self._limits)


def device_of(request: HttpRequest) -> tuple[str, list[str]]:
    """Return (id of the device, hashes of the accounts that have signed in on it) from its signed cookie."""
    try:
        device, accounts = signing.loads(request.COOKIES.get(DEVICE, ""), salt=SALT, max_age=REMEMBERED)
        return str(device), [str(account) for account in accounts]
    except (signing.BadSignature, ValueError, TypeError):
        return "", []


def remember_device(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Let this account sign in on this device from now on, whatever others try."""
    device, accounts = device_of(request)
    accounts = [_account(name), *(account for account in accounts if account != _account(name))][:ACCOUNTS]
    response.set_cookie(
        DEVICE,
        signing.dumps([device or get_random_string(22), accounts], salt=SALT),
        max_age=REMEMBERED,
        path=reverse("login").removesuffix("login/"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def address_of(request: HttpRequest) -> str:
    """Return the client's address, or its /64 of IPv6, since one machine has all addresses of that; "" if unknown."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address) or address.ipv4_mapped:
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def _account(name: str) -> str:
    normal = unicodedata.normalize("NFKC", name.strip()).casefold()
    return salted_hmac(SALT, normal, algorithm="sha256").hexdigest()[:32]
