"""Where a conversation is found: pinned, archived, in a folder, or thrown away."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.days import place_of

from . import locks
from .emptying import emptied
from .feed import Feed
from .states import UNSETTLED
from .versioned import VisibleQuerySet

if TYPE_CHECKING:
    from .folder import Folder
    from .message import Message

LISTED, PINNED, ARCHIVED, IN_FOLDER = "conversations", "pinned", "archived", "in_"
VERBS = {
    "pin": {"pinned": True},
    "unpin": {"pinned": False},
    "archive": {"archived": True},
    "unarchive": {"archived": False},
}
MOST_AT_ONCE = 500
"""Conversations that one click may change."""
GIVEN_UP = datetime(1970, 1, 2, tzinfo=UTC)
"""When what is being deleted was thrown away, so that nobody brings half of it back."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """What one click threw away, as long as it can be brought back."""

    first: Any
    count: int
    seconds_left: float

    @classmethod
    def of(cls, rows: list[Any]) -> "Discarded":
        passed = timezone.now() - rows[0].discarded_at
        return cls(rows[0], len(rows), max(0, conf.UNDO_WITHIN - passed.total_seconds()))


class OrganisedQuerySet(VisibleQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-updated_at", "-id")

    def on_shelf(self, shelf: str) -> Self:
        """Those that one list shows: ``conversations``, ``pinned``, ``archived`` or ``in_<folder>``."""
        if shelf == ARCHIVED:
            return self.filter(archived=True)
        if shelf == PINNED:
            return self.filter(archived=False, pinned=True)
        return self.filter(
            archived=False, pinned=False, folder=shelf.removeprefix(IN_FOLDER) if shelf != LISTED else None
        )

    def after(self, place: str) -> Self:
        """Those below a place of a list that is newest first. Raises ValueError for what is no place."""
        moment, pk = datetime.fromisoformat(place[:26]).replace(tzinfo=UTC), UUID(place[27:])
        return self.filter(updated_at__lte=moment).exclude(updated_at=moment, id__gte=pk)

    def known_to(self, user: Any) -> Self:
        """What this user may see, and what they have thrown away."""
        seen: Self = VisibleQuerySet.visible_to(self, user)
        return seen

    def thrown_away_by(self, user: Any) -> Self:
        """What this user may bring back, the newest first: not what comes in, nor what is being deleted."""
        thrown_away = self.known_to(user).filter(discarded_at__lte=timezone.now(), discarded_at__gt=GIVEN_UP)
        return thrown_away.order_by("-discarded_at", "-updated_at", "-id")

    def undoable(self, user: Any) -> "list[Discarded]":
        """What was thrown away less than UNDO_WITHIN seconds ago, by clicks, the newest first."""
        since = timezone.now() - timedelta(seconds=conf.UNDO_WITHIN)
        rows: Any = self.thrown_away_by(user).filter(discarded_at__gt=since).only("title", "discarded_at")
        return [Discarded.of(list(together)) for _, together in groupby(rows, key=lambda row: row.discarded_at)]

    def change(self, owner_id: Any, **values: Any) -> int:
        """One UPDATE of an owner's rows and its place in the feed: how many there were.

        Raises DoesNotExist for a folder that was deleted meanwhile.
        """
        with transaction.atomic():
            version = Feed.advance(owner_id)
            if values.get("folder"):
                values["folder"].refresh_from_db(fields=["version"])
            return self.filter(owner_id=owner_id).update(version=version, **values)

    def discard(self, owner_id: Any) -> "list[Message]":
        """Throw away together → the replies that were stopped by it."""
        with transaction.atomic():
            ids, everyone = list(self.values_list("pk", flat=True)), cast(Any, self.model._default_manager)
            everyone.filter(pk__in=ids).change(owner_id, discarded_at=timezone.now())
            messages: Any = self.model._meta.get_field("messages").related_model
            running = messages.objects.filter(conversation__in=ids, status__in=UNSETTLED)
            return [reply for reply in running.select_related("conversation").order_by("pk") if reply.stop()]

    def over(self) -> Self:
        """What was thrown away more than UNDO_WITHIN seconds ago, and nobody may bring back."""
        return self.filter(discarded_at__lt=timezone.now() - timedelta(seconds=conf.UNDO_WITHIN))

    def purge(self) -> None:
        """Delete for good what is over: its messages in portions, a second long, and the conversation when none is left."""
        over: Any = self.over()
        for pk in list(over.values_list("pk", flat=True)[:MOST_AT_ONCE]):
            taken = locks.unless_held(over.filter(pk=pk).update, discarded_at=GIVEN_UP)
            if taken and all(map(emptied, over.filter(pk=pk))):
                self._delete_unlocked(over.filter(pk=pk))

    def _delete_unlocked(self, over: Any) -> None:
        with locks.brief():
            for conversation in over.select_for_update(skip_locked=True):
                conversation.delete()


class Organised(models.Model):
    """``discarded_at``: thrown away, and gone for good UNDO_WITHIN seconds later.

    In the future, it is still coming in (``arriving.py``).
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
    discarded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def shelf(self) -> str:
        """The list that shows it, which is also the id of its element: archived before pinned before folder."""
        if self.archived:
            return ARCHIVED
        if self.pinned:
            return PINNED
        return f"{IN_FOLDER}{self.folder_id}" if self.folder_id else LISTED

    @property
    def place(self) -> str:
        """What lists are sorted by, the highest first."""
        return f"{place_of(self.updated_at)} {self.pk}"

    @property
    def is_live(self) -> bool:
        """One that was thrown away before is on no page any more."""
        return self.discarded_at is None

    def rename(self, title: str) -> None:
        """A name given by hand, which nothing else replaces."""
        self._organise(title=title, titled_by="person")

    def organise(self, verb: str) -> None:
        """Do one of VERBS."""
        self._organise(**VERBS[verb])

    def move(self, folder: "Folder | None") -> None:
        self._organise(folder=folder)

    def discard(self) -> "list[Message]":
        """Throw it away → the replies that were stopped by it."""
        stopped: list[Message] = self._me.discard(self.owner_id)
        self.refresh_from_db(fields=["version", "discarded_at"])
        return stopped

    def restore(self) -> bool:
        """Bring it back, with all that was thrown away by the same click: whether it was still there."""
        together = self._everyone.filter(discarded_at=self.discarded_at)
        restored = self.discarded_at is not None and together.change(self.owner_id, discarded_at=None)
        if restored:
            self.refresh_from_db(fields=["version", "discarded_at"])
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
