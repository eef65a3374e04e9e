"""Where a conversation is listed: pinned, archived, in a folder, or in the trash."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.days import sort_key

from . import locks
from .bulk import emptied
from .feed import Feed
from .states import UNSETTLED
from .versioned import VisibleQuerySet

if TYPE_CHECKING:
    from .message import Message
    from .named import Folder

LISTED, PINNED, ARCHIVED, IN_FOLDER = "conversations", "pinned", "archived", "in_"
VERBS = {
    "pin": {"pinned": True},
    "unpin": {"pinned": False},
    "archive": {"archived": True},
    "unarchive": {"archived": False},
}
MAX_AT_ONCE = 500
"""Conversations that one click may change."""
GIVEN_UP = datetime(1970, 1, 2, tzinfo=UTC)
"""The ``deleted_at`` of what is being deleted, so that nobody restores half of it."""


@dataclass(frozen=True, slots=True)
class Trashed:
    """The conversations that one click put into the trash, while they can be restored."""

    first: Any
    count: int
    seconds_left: float

    @classmethod
    def of(cls, rows: list[Any]) -> "Trashed":
        passed = timezone.now() - rows[0].deleted_at
        return cls(rows[0], len(rows), max(0, conf.UNDO_WITHIN - passed.total_seconds()))


class OrganisedQuerySet(VisibleQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-id")

    def in_section(self, section: str) -> Self:
        """Return those of one section: ``conversations``, ``pinned``, ``archived`` or ``in_<folder>``."""
        if section == ARCHIVED:
            return self.filter(archived=True)
        if section == PINNED:
            return self.filter(archived=False, pinned=True)
        folder = section.removeprefix(IN_FOLDER) if section != LISTED else None
        return self.filter(archived=False, pinned=False, folder=folder)

    def after(self, cursor: str) -> Self:
        """Return those below a cursor ("<time> <id>") in a list that is newest first. Raises ValueError."""
        moment, pk = datetime.fromisoformat(cursor[:26]).replace(tzinfo=UTC), UUID(cursor[27:])
        return self.filter(updated_at__lte=moment).exclude(updated_at=moment, id__gte=pk)

    def visible_or_trashed_by(self, user: Any) -> Self:
        """Return all of the user's own, including the trash."""
        seen: Self = VisibleQuerySet.visible_to(self, user)
        return seen

    def trashed_by(self, user: Any) -> Self:
        """Return the user's trash, newest first, without what is still being written or already being deleted."""
        trashed = self.visible_or_trashed_by(user).filter(deleted_at__lte=timezone.now(), deleted_at__gt=GIVEN_UP)
        return trashed.order_by("-deleted_at", "-updated_at", "-id")

    def undoable(self, user: Any) -> "list[Trashed]":
        """Return what was put into the trash less than UNDO_WITHIN seconds ago, by clicks, newest first."""
        since = timezone.now() - timedelta(seconds=conf.UNDO_WITHIN)
        rows: Any = self.trashed_by(user).filter(deleted_at__gt=since).only("title", "deleted_at")
        return [Trashed.of(list(together)) for _, together in groupby(rows, key=lambda row: row.deleted_at)]

    def change(self, owner_id: Any, **values: Any) -> int:
        """Make one UPDATE of an owner's rows that advances the feed; return how many rows it changed.

        Raises DoesNotExist for a folder that was deleted meanwhile.
        """
        with transaction.atomic():
            version = Feed.advance(owner_id)
            if values.get("folder"):
                values["folder"].refresh_from_db(fields=["version"])
            return self.filter(owner_id=owner_id).update(version=version, **values)

    def soft_delete(self, owner_id: Any) -> "list[Message]":
        """Put these into the trash together → the replies that this stopped."""
        with transaction.atomic():
            ids, everyone = list(self.values_list("pk", flat=True)), cast(Any, self.model._default_manager)
            everyone.filter(pk__in=ids).change(owner_id, deleted_at=timezone.now())
            messages: Any = self.model._meta.get_field("messages").related_model
            running = messages.objects.filter(conversation__in=ids, status__in=UNSETTLED)
            return [reply for reply in running.select_related("conversation").order_by("pk") if reply.stop()]

    def expired(self) -> Self:
        """Return the expired: in the trash for more than UNDO_WITHIN seconds, to be restored by nobody."""
        return self.filter(deleted_at__lt=timezone.now() - timedelta(seconds=conf.UNDO_WITHIN))

    def purge(self) -> None:
        """Delete what is expired: its messages in portions, for a second, and the conversation when none is left."""
        expired: Any = self.expired()
        for pk in list(expired.values_list("pk", flat=True)[:MAX_AT_ONCE]):
            taken = locks.unless_held(expired.filter(pk=pk).update, deleted_at=GIVEN_UP)
            if taken and all(map(emptied, expired.filter(pk=pk))):
                with locks.brief():
                    for conversation in expired.filter(pk=pk).select_for_update(skip_locked=True):
                        conversation.delete()


class Organised(models.Model):
    """``deleted_at``: when it was put into the trash, to be deleted UNDO_WITHIN seconds later.

    A time in the future means that it is still being written (``arriving.py``).
    """

    owner_id: Any
    updated_at: Any

    folder = models.ForeignKey(
        "parley.Folder",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="conversations",
        verbose_name=_("folder"),
    )
    pinned = models.BooleanField(_("pinned"), default=False)
    archived = models.BooleanField(_("archived"), default=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def section(self) -> str:
        """Return the section that lists it, which is also the id of its element: archived, else pinned, else folder."""
        if self.archived:
            return ARCHIVED
        if self.pinned:
            return PINNED
        return f"{IN_FOLDER}{self.folder_id}" if self.folder_id else LISTED

    @property
    def cursor(self) -> str:
        """Return the key that lists are sorted by, highest first."""
        return f"{sort_key(self.updated_at)} {self.pk}"

    @property
    def is_live(self) -> bool:
        """Return whether pages may show it: not in the trash."""
        return self.deleted_at is None

    def rename(self, title: str) -> None:
        """Give it a person's title, which no model replaces."""
        self._organise(title=title, titled_by="person")

    def organise(self, verb: str) -> None:
        """Change it as one of VERBS says."""
        self._organise(**VERBS[verb])

    def move(self, folder: "Folder | None") -> None:
        self._organise(folder=folder)

    def soft_delete(self) -> "list[Message]":
        """Put it into the trash → the replies that this stopped."""
        stopped: list[Message] = self._me.soft_delete(self.owner_id)
        self.refresh_from_db(fields=["version", "deleted_at"])
        return stopped

    def restore(self) -> bool:
        """Restore it with all that the same click put into the trash; return whether it was still there."""
        together = self._everyone.filter(deleted_at=self.deleted_at)
        restored = self.deleted_at is not None and together.change(self.owner_id, deleted_at=None)
        if restored:
            self.refresh_from_db(fields=["version", "deleted_at"])
        return bool(restored)

    def _organise(self, **values: Any) -> None:
        self._me.change(self.owner_id, **values)
        for name, value in values.items():
            setattr(self, name, value)
        self.refresh_from_db(fields=["version"])

    @property
    def _everyone(self) -> Any:
        return cast(Any, type(self)._default_manager).filter(owner_id=self.owner_id)

    @property
    def _me(self) -> Any:
        return self._everyone.filter(pk=self.pk)
