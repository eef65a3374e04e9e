"""Checking every few seconds, for all sockets of this process at once, whether their people may still have them."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as SessionsInRows
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from parley import policy
from parley.conf import conf
from parley.outages import Outage

from .per_loop import per_loop

logger = logging.getLogger(__name__)

SIGNED_OUT = 4401
NOT_LET_IN = 4403
"""Codes with which a socket is closed whose session has ended, or whose person the policy of the site keeps out."""
EVERY = 3.0
"""Seconds between two checks."""
STALE = 4.0
"""Seconds after a check from which on nothing is sent before the next one."""
PATIENCE = 2.0
"""Seconds that sending waits for a check: a database that does not answer ends no stream, and signs nobody out."""

_database = Outage(
    logger,
    "The rights of sockets cannot be looked at (%s); they keep what they had.",
    "The rights of sockets are looked at again.",
)


@dataclass(eq=False, slots=True)
class Badge:
    """The right of one socket; ``lose(code)`` is called once, when it is lost.

    ``session``: the key of the session that says who the person is; None where a host knows that without a session.
    ``looked_at``: when the right was last checked, in seconds of the event loop's clock.
    """

    person: Any
    session: str | None
    lose: Callable[[int], None]
    looked_at: float = field(default=0.0)

    @property
    def is_stale(self) -> bool:
        """Return whether the last check is so long ago that nothing may be sent before the next one."""
        return _now() - self.looked_at > STALE


class Rights:
    """Check the rights of all watched sockets together; one check runs at a time."""

    def __init__(self) -> None:
        self._badges: set[Badge] = set()
        self._looking: asyncio.Task[Any] | None = None
        self._duty: asyncio.Task[Any] | None = None
        self._again: set[asyncio.Task[Any]] = set()

    def watch(self, badge: Badge) -> None:
        """Check this right from now on."""
        badge.looked_at = _now()
        self._badges.add(badge)
        if self._duty is None or self._duty.done():
            self._duty = asyncio.create_task(self._look_now_and_then())

    def unwatch(self, badge: Badge) -> None:
        """Stop checking this right; it is not lost by that."""
        self._badges.discard(badge)

    async def confirm(self, badge: Badge) -> None:
        """Return once this right was checked within STALE seconds, or the database has not answered for PATIENCE."""
        if not badge.is_stale:
            return
        await asyncio.wait({self._look()}, timeout=PATIENCE)
        badge.looked_at = _now()

    def look_at(self, owner_id: str) -> None:
        """Check the sockets of a person now, whatever check is under way: something has changed for them."""
        looking = asyncio.create_task(self._look_at(self._of(owner_id)))
        self._again.add(looking)
        looking.add_done_callback(self._again.discard)

    def close(self, owner_id: str, digest: str = "") -> None:
        """Close the sockets of a person, or with ``digest_of`` a session key only those of that session."""
        for badge in self._of(owner_id):
            if not digest or (badge.session and digest_of(badge.session) == digest):
                self._lose(badge)

    def _of(self, owner_id: str) -> list[Badge]:
        return [badge for badge in self._badges if str(badge.person.pk) == owner_id]

    async def _look_now_and_then(self) -> None:
        while self._badges:
            await asyncio.sleep(EVERY)
            await asyncio.wait({self._look()}, timeout=PATIENCE)

    def _look(self) -> asyncio.Task[Any]:
        """Begin a check of everybody, unless one is running."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at(list(self._badges)))
        return self._looking

    async def _look_at(self, badges: list[Badge]) -> None:
        try:
            lost = await database_sync_to_async(lost_by)(badges)
        except Exception as error:  # of whatever keeps the sessions
            _database.began(error)
            return
        _database.ended()
        for badge in badges:
            if badge in lost:
                self._lose(badge, lost[badge])
            else:
                badge.looked_at = _now()

    def _lose(self, badge: Badge, code: int = SIGNED_OUT) -> None:
        if badge in self._badges:
            self._badges.discard(badge)
            badge.lose(code)


async def session_of(scope: dict[str, Any], person: Any) -> str | None:
    """Return the key of the session by which this person came; None where a host knows them by something else."""
    session = scope.get("session")
    if session is None or await session.aget(SESSION_KEY) != person._meta.pk.value_to_string(person):
        return None
    key: str | None = session.session_key
    return key


def digest_of(session_key: str) -> str:
    """Name a session to other processes by a hash that opens nothing."""
    return hashlib.sha256(session_key.encode()).hexdigest()


async def is_let_in(person: Any) -> bool:
    """Return whether the policy of the site lets this person in."""
    return not conf.POLICY or await database_sync_to_async(policy.may_use)(person)


def lost_by(badges: Collection[Badge]) -> dict[Badge, int]:
    """Return the badges that are good no longer, each with the code that says why.

    Two queries where sessions are rows and people of Django's own backend, and what the policy of the site needs.
    """
    sessions = _sessions({badge.session for badge in badges if badge.session})
    people = get_user_model()._default_manager.in_bulk({badge.person.pk for badge in badges} - {None})
    good = {badge for badge in badges if _is_good(badge, people.get(badge.person.pk), sessions)}
    let_in = {pk for pk in {badge.person.pk for badge in good} if policy.may_use(people[pk])}
    lost = dict.fromkeys(badges, SIGNED_OUT) | dict.fromkeys(good, NOT_LET_IN)
    return {badge: code for badge, code in lost.items() if badge not in good or badge.person.pk not in let_in}


def _sessions(keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    if not (keys := list(keys)):  # and on a site without sessions no rows either
        return {}
    if issubclass(store, SessionsInRows):
        rows = store.get_model_class().objects.filter(expire_date__gt=timezone.now()).in_bulk(keys)
        return {key: row.get_decoded() for key, row in rows.items()}
    return {key: dict(store(key).items()) for key in keys}


def _is_good(badge: Badge, person: Any, sessions: dict[str, dict[str, Any]]) -> bool:
    if person is None or badge.session is None:
        return person is not None and person.is_active
    session = sessions.get(badge.session, {})
    theirs = session.get(SESSION_KEY) == person._meta.pk.value_to_string(person)
    return theirs and _may_sign_in(person, session.get(BACKEND_SESSION_KEY)) and _has_hash(session, person)


def _may_sign_in(person: Any, path: Any) -> bool:
    if path not in settings.AUTHENTICATION_BACKENDS:
        return False
    backend = load_backend(path)
    if isinstance(backend, ModelBackend) and type(backend).get_user is ModelBackend.get_user:
        return backend.user_can_authenticate(person)
    return backend.get_user(person.pk) is not None


def _has_hash(session: dict[str, Any], person: Any) -> bool:
    """Whether the password is still the one of the sign-in."""
    if not hasattr(person, "get_session_auth_hash"):
        return True
    words, hashes = session.get(HASH_SESSION_KEY) or "", [person.get_session_auth_hash()]
    if hasattr(person, "get_session_auth_fallback_hash"):
        hashes += person.get_session_auth_fallback_hash()
    return any(constant_time_compare(words, right) for right in hashes)


def _now() -> float:
    return asyncio.get_running_loop().time()


@per_loop
def rights() -> Rights:
    """Return the rights of the sockets of the running event loop."""
    return Rights()
