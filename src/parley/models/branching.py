"""The tree of a conversation's messages: which branch is shown, what is on it, and how it grows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext

from parley.ids import uuid7

from . import locks, tree
from .arriving import arrive_once
from .copying import copies, copying
from .feed import Feed

if TYPE_CHECKING:
    from .conversation import Conversation
    from .message import Message

PAGE = 20
"""Messages that a page shows at first, and adds for who scrolls."""
CONTEXT = 4
"""Messages at least, as far as there are any, that a page shows above the one it was opened for."""
TAKEN = ("title", "titled_by", "model", "instructions", "parameters", "folder_id")
"""What a fork has from the conversation that it was forked from."""
FORK = "fork:"
"""Begins the ``origin`` of a fork, before the id of the message where it begins."""

T = TypeVar("T")


@dataclass(frozen=True)
class Window:
    """Some messages of one branch, in order; before ``older`` and after ``newer`` there are more of it."""

    messages: list["Message"]
    older: UUID | None = None
    newer: UUID | None = None


class Branching(models.Model):
    """``shown``: a message of the branch that is looked at, which goes on below it with what is newest; null for
    the newest of all. ``turned``: the version of the feed at which it was another branch.
    """

    pk: UUID
    owner_id: Any
    messages: Any
    title: str
    get_absolute_url: Any

    shown = models.ForeignKey(
        "parley.Message", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    turned = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    # What is shown

    def leaf(self) -> "Message | None":
        """The end of the branch that is shown, to which the next question answers."""
        leaf_id = self.leaf_id()
        return self.messages.filter(pk=leaf_id).first() if leaf_id else None

    def leaf_id(self) -> UUID | None:
        start = self.shown_id or self._newest_id()
        return start and tree.newest_leaf(start)

    def transcript(self, before: "Message | None" = None) -> list["Message"]:
        """The newest messages of the branch that is shown, in order, or the nearest before one of them."""
        return self.window(before=before).messages

    def window(
        self, *, before: "Message | None" = None, after: "Message | None" = None, around: "Message | None" = None
    ) -> Window:
        """What one page shows: the end of the branch that is shown, or what is near a message, on its branch."""
        if before:
            return self._ending_in(before.parent_id, newer=before.parent_id)
        if around:
            leaf = self._leaf_through(around)
            ways = tree.downwards(around.pk, leaf, PAGE - CONTEXT) or [around.pk]
            return self._ending_in(ways[-1], newer=ways[-1] if ways[-1] != leaf else None)
        if after:
            leaf = self._leaf_through(after)
            ways = tree.downwards(after.pk, leaf, PAGE + 1)[1:]
            return self._following(ways, newer=ways[-1] if ways and ways[-1] != leaf else None)
        return self._ending_in(self.leaf_id())

    def _ending_in(self, end: UUID | None, newer: UUID | None = None) -> Window:
        messages = self._read(tree.nearest(end, PAGE), end)
        return Window(messages, messages[0].pk if messages and messages[0].parent_id else None, newer)

    def _following(self, ids: list[UUID], newer: UUID | None) -> Window:
        return Window(self._read(ids, ids[-1] if ids else None), newer=newer)

    def _read(self, ids: Any, end: UUID | None) -> list["Message"]:
        path = branch({message.pk: message for message in self.messages.filter(pk__in=ids)}, end)
        self.number_versions(path)
        self.messages.keep_rendered(path)
        return path

    def _leaf_through(self, message: "Message") -> UUID:
        """The end of the branch that is shown, if this message is on it, or else of its own."""
        leaf = self.leaf_id()
        on_it = leaf is not None and tree.downwards(message.pk, leaf, 1)
        return leaf if leaf and on_it else tree.newest_leaf(message.pk)

    def branch_of(self, message: "Message") -> bool:
        """Whether this message is on the branch that is shown."""
        return bool(tree.downwards(message.pk, self.leaf_id(), 1))

    def history_before(self, message: "Message", most: int = tree.MOST_STEPS) -> list["Message"]:
        """What was said before a message on its branch, in order; the nearest ``most`` of it."""
        path = self.messages.filter(pk__in=tree.nearest(message.parent_id, most))
        spoken = path.only("role", "status", "content", "parent_id", "conversation_id")
        return branch({earlier.pk: earlier for earlier in spoken}, message.parent_id)

    def whole_branch(self) -> list["Message"]:
        """All messages of the branch that is shown, in order."""
        leaf = self.leaf_id()
        return branch({message.pk: message for message in self.messages.filter(pk__in=tree.above(leaf))}, leaf)

    def is_longer_than(self, most: int) -> bool:
        """Whether the branch that is shown has more messages than this."""
        count: int = self.messages.filter(pk__in=tree.nearest(self.leaf_id(), most + 1)).count()
        return count > most

    def count_below(self, message: "Message") -> int:
        """How many messages here follow this one, on all branches."""
        return int(self.messages.filter(pk__in=tree.below(message.pk)).exclude(pk=message.pk).count())

    def address_of(self, message_id: UUID) -> str:
        """The page that shows this message, on its branch."""
        return f"{self.get_absolute_url()}?message={message_id}#message_{message_id}"

    def number_versions(self, messages: Iterable["Message"]) -> None:
        """Tell these messages, of this conversation, which versions of each there are (``versions``)."""
        messages = list(messages)
        versions = self._versions_beside(messages)
        for message in messages:
            message.conversation = cast("Conversation", self)
            message.versions = versions[message.parent_id]

    def _versions_beside(self, messages: list["Message"]) -> dict[UUID | None, list[UUID]]:
        """Parent → its children, the oldest first.

        That they are of this conversation is no condition, which might lead the database to a worse index.
        """
        parents = {message.parent_id for message in messages}
        everyone = self.messages.model._default_manager
        children = everyone.filter(Q(parent__in=parents - {None}) | Q(parent=None, conversation=self.pk))
        versions = defaultdict(list)
        for pk, parent_id in sorted(children.values_list("pk", "parent_id")):
            versions[parent_id].append(pk)
        return versions

    # What may happen to it

    def show(self, message: "Message") -> None:
        """Look at the branch of this message, which goes on below it with what is newest."""
        with self._advanced(lambda: tree.newest_leaf(message.pk)) as (version, leaf_id):
            self._look_again(message)
            self._turn_to(leaf_id, version, turned=True)

    @contextmanager
    def _advanced(self, look: Callable[[], T]) -> Iterator[tuple[int, T]]:
        """A transaction → (the feed's next version, what ``look`` has found).

        It looks before the transaction, since a long way takes longer than others may be kept waiting; and once more
        inside where something has changed meanwhile.
        """
        known, found = Feed.objects.filter(pk=self.owner_id).values_list("version", flat=True).first() or 0, look()
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            yield version, found if version == known + 1 else look()

    def regenerate(self, message: "Message", model: str = "") -> "Message":
        """Another reply beside this one, or to this question → the pending reply, on the branch that is shown.

        It is the newest one if nothing of that is written yet: who clicks twice asks once.
        ``model``: whom to ask instead of the conversation's model. Raises NoQuestion.
        """
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            self._look_again(message)
            question_id = message.pk if message.role == "user" else message.parent_id
            if question_id is None:
                raise NoQuestion(message)
            reply = self._unwritten(question_id, model) or self._ask_again(question_id, model, version)
            self._turn_to(reply.pk, version, turned=True, updated_at=timezone.now())
        return reply

    def _unwritten(self, question_id: UUID, model: str) -> "Message | None":
        replies = self.messages.filter(parent=question_id, role="assistant", asked_model=model, content="")
        reply: Message | None = replies.filter(status__in=("pending", "streaming")).order_by("-id").first()
        return reply

    def _ask_again(self, question_id: UUID, model: str, version: int) -> "Message":
        pk = uuid7(max(question_id, self._newest_id() or question_id))
        asked = {"id": pk, "version": version, "asked_model": model}
        reply: Message = self.messages.model(conversation=self, parent_id=question_id, role="assistant", **asked)
        reply.enqueue()
        return reply

    def fork(self, message: "Message") -> "Conversation":
        """A new conversation that goes on from a message, with copies of what was said until then; the one that is there
        already, as long as it is what it would be: who clicks twice forks once. Raises BeingCopied.
        """
        self._look_again(message, *TAKEN)
        taken = {name: getattr(self, name) for name in TAKEN}
        taken["title"] = gettext("%(title)s (fork)") % {"title": self.title[:150]}
        fork = cast(Any, type(self))(owner_id=self.owner_id, origin=f"{FORK}{message.pk}", **taken)
        branch_of = self.messages.filter(pk__in=tree.above(message.pk))
        self._let_go_of_used(fork.origin, branch_of, **taken)
        insert = partial(copying, self.messages.model, conversation=fork.pk)
        still_there = partial(message.refresh_from_db, fields=["parent"])
        return arrive_once(fork, copies(branch_of), still_there, weigh=attrgetter("weight"), insert=insert)

    def _let_go_of_used(self, origin: str, branch_of: models.QuerySet[Any], **taken: Any) -> None:
        """A fork is made anew when something was changed or written in the one that is there, or since then above it."""
        everyone: Any = type(self)._default_manager
        there = everyone.filter(owner=self.owner_id, origin=origin, discarded_at=None)
        if not there.exists():
            return
        newest = branch_of.aggregate(version=Max("version"))["version"]
        with transaction.atomic():
            locks.wait_no_longer()
            there.exclude(shown=None, turned=0, version__gt=newest or 0, **taken).update(origin="")
            there.filter(messages__version__gt=0).update(origin="")

    def _look_again(self, message: "Message", *fields: str) -> None:
        """What another tab has changed before the feed was locked. Raises DoesNotExist for what it has deleted."""
        self.refresh_from_db(fields=["shown", *fields])
        message.refresh_from_db(fields=["parent"])

    def _turn_to(self, leaf_id: UUID | None, version: int, *, turned: bool, **values: Any) -> None:
        values |= {"shown_id": leaf_id, "version": version} | ({"turned": version} if turned else {})
        type(self)._default_manager.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    def _newest_id(self) -> UUID | None:
        newest: UUID | None = self.messages.order_by("-id").values_list("pk", flat=True).first()
        return newest


class NoQuestion(Exception):
    """There is nothing above this message that could be answered again."""


def branch(messages: dict[UUID, "Message"], leaf_id: UUID | None) -> list["Message"]:
    """From the root to the leaf, by parent pointers; ``messages`` maps id → message."""
    path = []
    while leaf_id is not None and leaf_id in messages:
        path.append(messages.pop(leaf_id))
        leaf_id = path[-1].parent_id
    return path[::-1]
