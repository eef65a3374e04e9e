"""What is taken out of the tree of a conversation; what forks of it stand on is left to them."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction

from parley.ids import beside

from . import tree
from .feed import Feed
from .portions import ROW, Pace

if TYPE_CHECKING:
    from .message import Message

Rows = models.QuerySet[Any]
Standing = dict[UUID, set[UUID]]
"""Conversation → the messages that it hangs on."""
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

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self.leave_to_forks()
            return super().delete(*args, **kwargs)

    def leave_to_forks(self) -> None:
        """Before this conversation goes for good: its messages that forks stand on become theirs."""
        leave_to_forks(self.messages.all())

    def delete_branch(self, message: "Message") -> "list[Message]":
        """Delete a message of this conversation with all that follows it; what is long, from its end in portions."""
        running = self._shorten(message)
        with transaction.atomic():
            version = Feed.advance(self.owner_id, removed=True)
            message.refresh_from_db(fields=["parent"])
            doomed = self.messages.filter(pk__in=tree.below(message.pk))
            self._let_go_of(doomed, message.parent_id)
            _leave(doomed, _standing_on(doomed))
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
        _leave(doomed, _standing_on(doomed))
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
            _give_copies_to_forks(self.messages.filter(pk__in=tree.below(message.pk)), message)
            _leave(doomed, _standing_on(doomed))
            self.messages.filter(parent=message.pk).update(parent=message.parent_id)
            return self._delete(doomed, version)

    def _let_go_of(self, doomed: Rows, above: UUID | None) -> None:
        """``above``: the message before them, whose newest continuation is shown if they were."""
        me: Rows = type(self)._default_manager.filter(pk=self.pk)
        me.filter(forked_from__in=doomed).update(forked_from=above)
        me.filter(shown__in=doomed).update(shown=above)

    def _delete(self, doomed: Rows, version: int) -> "list[Message]":
        running = _stop(doomed)
        doomed.delete()
        self.refresh_from_db(fields=["shown", "forked_from"])
        self._turn_to(self.leaf_id(), version, turned=True)
        return running


def _stop(doomed: Rows) -> "list[Message]":
    unsettled = doomed.filter(status__in=("pending", "streaming")).order_by("pk")
    return [reply for reply in unsettled if reply.stop()]


def leave_to_forks(doomed: Rows) -> None:
    """Messages of ``doomed`` that other conversations stand on become theirs, and pages that show these load again."""
    from .conversation import Conversation

    standing = _standing_on(doomed)
    for owner_id in set(Conversation.objects.filter(pk__in=standing).values_list("owner_id", flat=True)):
        Feed.advance(owner_id, removed=True)
    _leave(doomed, standing)


def _leave(doomed: Rows, standing: Standing) -> None:
    """A message goes to the oldest of the conversations that stand on it."""
    from .conversation import Conversation

    for fork_id, points in sorted(standing.items()):
        theirs = doomed.filter(pk__in=tree.above(points))
        _move(list(theirs.order_by("pk").values_list("pk", flat=True)), Conversation.objects.get(pk=fork_id))


def _move(ids: list[UUID], heir: Any) -> None:
    """In portions, as long as no transaction is around them."""
    pace = Pace()
    while ids:
        portion, ids = ids[: pace.rows], ids[pace.rows :]
        with pace.transaction(len(portion) * ROW):
            heir.messages.model.objects.filter(pk__in=portion).update(conversation=heir)


def _standing_on(doomed: Rows) -> Standing:
    """For all conversations that have messages beside ``doomed``."""
    from .conversation import Conversation

    points: dict[UUID, set[UUID]] = defaultdict(set)
    hanging = doomed.model._default_manager.filter(parent__in=doomed).exclude(conversation__in=_homes(doomed))
    for conversation_id, parent_id in hanging.values_list("conversation_id", "parent_id"):
        points[conversation_id].add(parent_id)
    for field in ("shown_id", "forked_from_id"):
        forks = Conversation.objects.filter(**{f"{field[:-3]}__in": doomed}).exclude(pk__in=_homes(doomed))
        for conversation_id, message_id in forks.values_list("pk", field):
            points[conversation_id].add(message_id)
    return points


def _homes(messages: Rows) -> Rows:
    return messages.order_by().values("conversation_id")


def _give_copies_to_forks(branch: Rows, message: "Message") -> None:
    """Between a message that goes and the forks below it, the forks get what they had: copies of what stays here."""
    standing = _standing_on(branch)
    points = set().union(*standing.values()) - {message.pk}
    between = list(branch.filter(pk__in=tree.above(points)).exclude(pk=message.pk).order_by("pk"))
    if not between:
        return
    copies = {original.pk: beside(original.pk) for original in between}
    heir = min(fork_id for fork_id, stands_on in standing.items() if stands_on & points)
    _copy(between, copies, heir)
    for original_id in points:
        _move_forks(original_id, copies[original_id], message.conversation_id)


def _copy(originals: list["Message"], copies: dict[UUID, UUID], heir: UUID) -> None:
    for original in originals:
        status = original.status if original.settled else "stopped"
        values = {"pk": copies[original.pk], "conversation_id": heir, "key": None, "status": status}
        values["parent_id"] = original.parent_id and copies.get(original.parent_id, original.parent_id)
        for name, value in values.items():
            setattr(original, name, value)
    type(originals[0]).objects.bulk_create(originals)


def _move_forks(original: UUID, copy: UUID, home: UUID) -> None:
    from .conversation import Conversation
    from .message import Message

    Message.objects.filter(parent=original).exclude(conversation=home).update(parent=copy)
    others = Conversation.objects.exclude(pk=home)
    for field in ("shown", "forked_from"):
        others.filter(**{field: original}).update(**{field: copy})
