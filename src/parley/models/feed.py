"""The feed: one counter per person that numbers every change that a page could show."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.dispatch import Signal

from . import locks
from .statements import marks

NEXT = (
    "INSERT INTO parley_feed (owner_id, tab, version, removed) {values} ON CONFLICT (owner_id)"
    " DO UPDATE SET version = parley_feed.version + 1, tab = excluded.tab RETURNING version"
)
"""SQL that SQLite and PostgreSQL share."""
NEXT_OR_GIVE_UP = NEXT.format(values=f"SELECT %s, %s, 1, 0 WHERE {locks.LIMIT} IS NOT NULL")
"""The same statement limits how long it, and the rest of the transaction, wait for a row: no extra round trip."""
NEXT = NEXT.format(values="VALUES (%s, %s, 1, 0)")
HOLD_ALL = "UPDATE parley_feed SET version = version WHERE owner_id IN ({owners})"
HOLD_FREE = "SELECT owner_id FROM parley_feed WHERE owner_id IN ({owners}) ORDER BY owner_id FOR UPDATE SKIP LOCKED"

feed_advanced = Signal()
"""Sent after the commit of a change, with ``owner_id``, ``version`` and the ``tab`` whose form made it or ""."""


@dataclass(slots=True)
class Form:
    """A form that is being answered: the tab that sent it, and the versions of the changes it has committed."""

    tab: str
    versions: list[int] = field(default_factory=list)


_form: ContextVar[Form | None] = ContextVar("parley_form", default=None)


@contextmanager
def sent_by(tab: str) -> Iterator[Form]:
    """Note ``tab`` with each change that is made inside: its page learns of them by the response to its form."""
    form = Form(tab)
    token = _form.set(form)
    try:
        yield form
    finally:
        _form.reset(token)


class Feed(models.Model):
    """A person's newest version; a page that knows ``version`` asks for the rows above it.

    ``removed``: the version of the newest deletion, of which no row is left to ask for.
    ``tab``: the id, which a tab gives itself, of the one whose form made the newest change, or "".
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    version = models.BigIntegerField(default=0)
    removed = models.BigIntegerField(default=0)
    tab = models.CharField(max_length=32, default="", db_default="", editable=False)

    def __str__(self) -> str:
        return f"{self.owner_id}@{self.version}"

    @classmethod
    def advance(cls, owner_id: int, *, removed: bool = False) -> int:
        """Lock this person's feed and return its next version; ``feed_advanced`` is sent after the commit.

        Raises OperationalError when the row stays locked for longer than ``locks.waiting`` allows (PostgreSQL).
        """
        form = _form.get() or Form("")
        with transaction.atomic(savepoint=False):
            version = cls._next(owner_id, form.tab)
            if removed:
                cls.objects.filter(pk=owner_id).update(removed=version)
            transaction.on_commit(partial(cls._advanced, owner_id, version, form))
        return version

    @classmethod
    def note_removal(cls, owner_id: int) -> None:
        """Note that a row that pages show was deleted; the feed of a person who is being deleted is gone already."""
        if cls.objects.filter(pk=owner_id).exists():
            cls.advance(owner_id, removed=True)

    @classmethod
    def _next(cls, owner_id: int, tab: str) -> int:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(NEXT_OR_GIVE_UP, [cls.key_of(owner_id), tab, *locks.limit()])
            else:
                cursor.execute(NEXT, [cls.key_of(owner_id), tab])
            (version,) = cursor.fetchone()
            return int(version)

    @classmethod
    def _advanced(cls, owner_id: int, version: int, form: Form) -> None:
        form.versions.append(version)
        feed_advanced.send(sender=cls, owner_id=owner_id, version=version, tab=form.tab)

    @classmethod
    def key_of(cls, owner_id: Any) -> Any:
        """Return the owner's id as the database stores it."""
        return cls._meta.pk.get_db_prep_value(owner_id, connection)

    @classmethod
    def hold(cls, owner_ids: Iterable[int]) -> set[int]:
        """Lock the feeds of these people until the end of this transaction → the people whose feeds were free.

        Call it first in the transaction; it waits for nobody. Where rows cannot be locked, a write takes the
        database's one lock before anything is read.
        """
        owners, can_lock = set(owner_ids), connection.features.has_select_for_update
        keys = [*map(cls.key_of, owners)]
        with connection.cursor() as cursor:
            cursor.execute((HOLD_FREE if can_lock else HOLD_ALL).format(owners=marks(keys)), keys)
            held = {owner_id for (owner_id,) in cursor.fetchall()} if can_lock else owners
        others = cls.objects.filter(pk__in=owners - held)
        return owners - set(others.values_list("pk", flat=True)) if held < owners else owners

    @classmethod
    def lock(cls, owner_id: Any) -> bool:
        """Lock a person's feed without a change, if rows can be locked; return whether they have one."""
        locks.wait_no_longer()
        return cls.objects.select_for_update().filter(pk=owner_id).values_list("pk").first() is not None

    @classmethod
    def version_of(cls, user: Any) -> int:
        """Return the newest version of this person's feed; 0 before the first change."""
        return cls.objects.filter(pk=user.pk).values_list("version", flat=True).first() or 0

    @classmethod
    def versions(cls, owner_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
        """Return {owner id: (newest version, tab whose form made it or "")} of those that have a feed."""
        rows = cls.objects.filter(pk__in=list(owner_ids)).values_list("pk", "version", "tab")
        return {owner_id: (version, tab) for owner_id, version, tab in rows}
