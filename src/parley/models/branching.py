"""The tree of a conversation's messages: the branch that is shown, the pages of it, and what is deleted from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import models, transaction

from . import statements, tree
from .bulk import delete_raw
from .feed import Feed
from .portions import ROW, Pace
from .states import UNSETTLED

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message

PAGE = 20
"""Messages that a page shows at first, and adds as it is scrolled."""
CONTEXT = 4
"""Messages, at least, that a page shows above the one it was opened for, if there are so many."""
AT_ONCE = 100
"""Messages that are deleted in one transaction."""

Rows = models.QuerySet[Any]


@dataclass(frozen=True)
class Window:
    """Some messages of one branch, in order; there are more of it before ``older`` and after ``newer``."""

    messages: list["Message"]
    older: UUID | None = None
    newer: UUID | None = None


class Branching(models.Model):
    """A tree of messages of which one branch is shown.

    ``shown``: a message of that branch, which ends with the newest message below it; null for the newest of all.
    ``turned``: the version of the feed at which another branch was last shown.
    """

    pk: UUID
    owner_id: Any
    messages: Any
    get_absolute_url: Any

    shown = models.ForeignKey(
        "parley.Message", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    turned = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    # What is shown

    def leaf(self) -> "Message | None":
        """Return the end of the shown branch, which the next question follows."""
        leaf_id = self.leaf_id()
        return self.messages.filter(pk=leaf_id).first() if leaf_id else None

    def leaf_id(self) -> UUID | None:
        start = self.shown_id or self._newest_id()
        return start and tree.newest_leaf(start)

    def transcript(self, before: "Message | None" = None) -> list["Message"]:
        """Return the newest messages of the shown branch, in order, or the nearest before one of them."""
        return self.window(before=before).messages

    def window(
        self, *, before: "Message | None" = None, after: "Message | None" = None, around: "Message | None" = None
    ) -> Window:
        """Return what one page shows: the end of the shown branch, or the messages near one, on its branch."""
        if before:
            return self._ending_in(before.parent_id, newer=before.parent_id)
        if around:
            leaf = self._leaf_through(around)
            end = (tree.downwards(around.pk, leaf, PAGE - CONTEXT) or [around.pk])[-1]
            return self._ending_in(end, newer=end if end != leaf else None)
        if after:
            leaf = self._leaf_through(after)
            ids = tree.downwards(after.pk, leaf, PAGE + 1)[1:]
            last = ids[-1] if ids else None
            return Window(self._read(ids, last), newer=last if last != leaf else None)
        return self._ending_in(self.leaf_id())

    def _ending_in(self, end: UUID | None, newer: UUID | None = None) -> Window:
        messages = self._read(tree.nearest(end, PAGE), end)
        return Window(messages, messages[0].pk if messages and messages[0].parent_id else None, newer)

    def _read(self, ids: Any, end: UUID | None) -> list["Message"]:
        path = branch(self.messages.filter(pk__in=ids), end)
        self.number_versions(path)
        self.messages.keep_rendered(path)
        return path

    def _leaf_through(self, message: "Message") -> UUID:
        """Return the end of the shown branch if this message is on it, else the end of its own."""
        leaf = self.leaf_id()
        on_it = leaf is not None and tree.downwards(message.pk, leaf, 1)
        return leaf if leaf and on_it else tree.newest_leaf(message.pk)

    def branch_of(self, message: "Message") -> bool:
        """Return whether this message is on the shown branch."""
        return bool(tree.downwards(message.pk, self.leaf_id(), 1))

    def whole_branch(self) -> list["Message"]:
        """Return all messages of the shown branch, in order."""
        leaf = self.leaf_id()
        return branch(self.messages.filter(pk__in=tree.above(leaf)), leaf)

    def is_longer_than(self, most: int) -> bool:
        """Return whether the shown branch has more messages than this."""
        count: int = self.messages.filter(pk__in=tree.nearest(self.leaf_id(), most + 1)).count()
        return count > most

    def count_below(self, message: "Message") -> int:
        """Return how many messages of this conversation are below this one, on all branches."""
        return int(self.messages.filter(pk__in=tree.below(message.pk)).exclude(pk=message.pk).count())

    def address_of(self, message_id: UUID) -> str:
        """Return the address of the page that shows this message, on its branch."""
        return f"{self.get_absolute_url()}?message={message_id}#message_{message_id}"

    def number_versions(self, messages: Iterable["Message"]) -> None:
        """Set ``versions`` of these messages of this conversation: the ids of each and of its siblings."""
        messages = list(messages)
        self.messages.model.objects.number_versions(messages)
        for message in messages:
            message.conversation = cast("Conversation", self)

    def _newest_id(self) -> UUID | None:
        newest: UUID | None = self.messages.order_by("-id").values_list("pk", flat=True).first()
        return newest

    # Turning to another branch

    def show(self, message: "Message") -> None:
        """Show the branch of this message, which ends with the newest message below it.

        The tree is walked before the transaction, so that others do not wait for a long walk; and once more inside,
        if anything has changed meanwhile.
        """
        known = Feed.objects.filter(pk=self.owner_id).values_list("version", flat=True).first() or 0
        leaf_id = tree.newest_leaf(message.pk)
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            if version != known + 1:
                leaf_id = tree.newest_leaf(message.pk)
            self._reload(message)
            self._turn_to(leaf_id, version, turned=True)

    def _reload(self, message: "Message", *fields: str) -> None:
        """Read what other tabs may have changed before the feed was locked. Raises DoesNotExist if it was deleted."""
        self.refresh_from_db(fields=["shown", *fields])
        message.refresh_from_db(fields=["parent"])

    def _turn_to(self, leaf_id: UUID | None, version: int, *, turned: bool, **values: Any) -> None:
        values |= {"shown_id": leaf_id, "version": version} | ({"turned": version} if turned else {})
        statements.Rows.of(type(self), [self.pk]).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    # Deleting: each returns the replies that it stopped, whose workers have yet to be told

    def delete_message(self, message: "Message") -> "list[Message]":
        """Delete one message of this conversation; what follows it then follows the one before."""
        with transaction.atomic():
            version = Feed.advance(self.owner_id, removed=True)
            message.refresh_from_db(fields=["parent"])
            rows = self.messages.filter(pk=message.pk)
            self._show_instead(rows, message.parent_id)
            self.messages.filter(parent=message.pk).update(parent=message.parent_id)
            return self._delete(rows, version)

    def delete_branch(self, message: "Message") -> "list[Message]":
        """Delete a message of this conversation and everything below it; a long branch in portions, from its end."""
        running = self._shorten(message)
        with transaction.atomic():
            version = Feed.advance(self.owner_id, removed=True)
            message.refresh_from_db(fields=["parent"])
            rows = self.messages.filter(pk__in=tree.below(message.pk))
            self._show_instead(rows, message.parent_id)
            return running + self._delete(rows, version)

    def _shorten(self, message: "Message") -> "list[Message]":
        """Delete the newest messages below one until at most AT_ONCE are left."""
        pace = Pace()
        running: list[Message] = []
        below = self.messages.filter(pk__in=tree.below(message.pk)).exclude(pk=message.pk).order_by("pk")
        ids = list(below.values_list("pk", flat=True))
        while len(ids) > AT_ONCE:
            count = min(pace.rows, AT_ONCE)
            with pace.transaction(count * ROW):
                deleted = self._delete_end(ids[-count:], message.parent_id)
            if deleted is None:
                return running + self._shorten(message)
            running += deleted
            del ids[-count:]
        return running

    def _delete_end(self, ids: list[UUID], above: UUID | None) -> "list[Message] | None":
        """Delete these; None, and nothing is deleted, if one of them was answered meanwhile."""
        if not Feed.hold([self.owner_id]):
            Feed.advance(self.owner_id)  # and wait for who holds it
        if self.messages.filter(parent__in=ids).exclude(pk__in=ids).exists():
            return None
        rows = self.messages.filter(pk__in=ids)
        self._show_instead(rows, above)
        running = _stop(rows)
        delete_raw(rows)
        return running

    def _show_instead(self, rows: Rows, above: UUID | None) -> None:
        """If one of these rows is ``shown``, make it the message above them."""
        everyone: Rows = type(self)._default_manager.all()
        everyone.filter(pk=self.pk, shown__in=rows).update(shown=above)

    def _delete(self, rows: Rows, version: int) -> "list[Message]":
        running = _stop(rows)
        rows.delete()
        self.refresh_from_db(fields=["shown"])
        self._turn_to(self.leaf_id(), version, turned=True)
        return running


def _stop(rows: Rows) -> "list[Message]":
    return [reply for reply in rows.filter(status__in=UNSETTLED).order_by("pk") if reply.stop()]


def branch(messages: Iterable["Message"], leaf_id: UUID | None) -> list["Message"]:
    """Return the path from the root to a leaf, by parent pointers, as far as it is in ``messages``."""
    found = {message.pk: message for message in messages}
    path = []
    while leaf_id is not None and leaf_id in found:
        path.append(found.pop(leaf_id))
        leaf_id = path[-1].parent_id
    return path[::-1]
