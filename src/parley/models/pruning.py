"""What is taken out of the tree of a conversation."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction

from . import tree
from .feed import Feed
from .portions import ROW, Pace

if TYPE_CHECKING:
    from .message import Message

Rows = models.QuerySet[Any]
AT_ONCE = 100
"""Messages that are deleted in one transaction."""


class Pruned(models.Model):
    """The verbs answer with the replies that were being written, whose workers are to be told."""

    pk: UUID
    owner_id: Any
    messages: Any
    leaf_id: Any
    _turn_to: Any

    class Meta:
        abstract = True

    def delete_branch(self, message: "Message") -> "list[Message]":
        """Delete a message of this conversation with all that follows it; what is long, from its end in portions."""
        running = self._shorten(message)
        with transaction.atomic():
            version = Feed.advance(self.owner_id, removed=True)
            message.refresh_from_db(fields=["parent"])
            doomed = self.messages.filter(pk__in=tree.below(message.pk))
            self._let_go_of(doomed, message.parent_id)
            return running + self._delete(doomed, version)

    def _shorten(self, message: "Message") -> "list[Message]":
        """Delete what follows a message, the newest first, until there are few."""
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
        """None where somebody has gone on with them."""
        if not Feed.hold([self.owner_id]):
            Feed.advance(self.owner_id)  # and wait for who holds it
        if self.messages.filter(parent__in=ids).exclude(pk__in=ids).exists():
            return None
        doomed = self.messages.filter(pk__in=ids)
        self._let_go_of(doomed, above)
        running = _stop(doomed)
        doomed.order_by()._raw_delete(doomed.db)
        return running

    def delete_message(self, message: "Message") -> "list[Message]":
        """Delete one message of this conversation; what follows it then follows the one before."""
        with transaction.atomic():
            version = Feed.advance(self.owner_id, removed=True)
            message.refresh_from_db(fields=["parent"])
            doomed = self.messages.filter(pk=message.pk)
            self._let_go_of(doomed, message.parent_id)
            self.messages.filter(parent=message.pk).update(parent=message.parent_id)
            return self._delete(doomed, version)

    def _let_go_of(self, doomed: Rows, above: UUID | None) -> None:
        """``above``: the message before them, whose newest continuation is shown if they were."""
        everyone: Rows = type(self)._default_manager.all()
        everyone.filter(pk=self.pk, shown__in=doomed).update(shown=above)

    def _delete(self, doomed: Rows, version: int) -> "list[Message]":
        running = _stop(doomed)
        doomed.delete()
        self.refresh_from_db(fields=["shown"])
        self._turn_to(self.leaf_id(), version, turned=True)
        return running


def _stop(doomed: Rows) -> "list[Message]":
    unsettled = doomed.filter(status__in=("pending", "streaming")).order_by("pk")
    return [reply for reply in unsettled if reply.stop()]
