"""Write a conversation with all its messages, in portions; nobody sees it before it is whole."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils import timezone

from .feed import Feed
from .message_queryset import weight_of
from .organised import GIVEN_UP
from .portions import ROW, Pace, portions
from .statements import Statement, execute, inserting

if TYPE_CHECKING:
    from .conversation import Conversation

LEASE = timedelta(seconds=120)
"""How long after its last portion it counts as given up: its process has died."""


class Arrival:
    """Writes one conversation, which is in the trash until its last portion, since a time that each portion puts off.

    That time is in the future. So no page shows it, and what a killed process leaves is deleted with the trash.
    """

    def __init__(
        self,
        conversation: "Conversation",
        on_portion: Callable[[], None] = lambda: None,
        at_last: Callable[[], dict[str, Any]] = dict,
        weigh: Callable[[Any], int] = weight_of,
        insert: Callable[[list[Any]], list[Statement]] = inserting,
        at_first: Callable[[], object] = dict,
    ) -> None:
        """Take callbacks, which may raise to give up, and how to write.

        ``on_portion`` is called after each of several portions, outside of any transaction; ``at_first`` first in each
        of several transactions; ``at_last`` in the last → values to set on the conversation. ``weigh`` (→ characters)
        and ``insert`` (→ statements) are for what is written as messages without being a Message.
        """
        self._conversation, self._on_portion, self._at_last = conversation, on_portion, at_last
        self._weigh, self._insert, self._at_first, self._pace = weigh, insert, at_first, Pace()

    def write(self, messages: Iterable[Any]) -> None:
        """Write all of it, or nothing that anybody will see. Raises DataError and IntegrityError."""
        rest = portions(messages, self._pace, self._weigh)
        first_two = list(islice(rest, 2))
        if len(first_two) < 2:
            return self._write_at_once(*first_two or [[]])
        shown, self._conversation.shown_id = self._conversation.shown_id, None
        self._begin()
        try:
            for portion in chain(first_two, rest):
                self._write_portion(portion)
            self._show(shown)
        except BaseException:
            self._give_up()
            raise

    def _write_at_once(self, messages: list[Any]) -> None:
        rows = self._insert(messages) if messages else []
        with self._pace.transaction(self._weight_of(messages)):
            vars(self._conversation).update(self._at_last())
            self._insert_conversation()
            execute(rows)

    def _begin(self) -> None:
        self._conversation.deleted_at = timezone.now() + LEASE
        with self._pace.transaction(ROW):
            self._at_first()
            self._insert_conversation()

    def _insert_conversation(self) -> None:
        """Insert it, in place of one of the same origin that is in the trash or was given up."""
        if self._conversation.origin:
            in_trash = _same(self._conversation).exclude(deleted_at=None)
            in_trash.filter(deleted_at__gt=timezone.now()).update(deleted_at=GIVEN_UP, origin="")
            in_trash.update(origin="")
        execute(inserting([self._conversation]))
        self._conversation._state.adding = False

    def _write_portion(self, messages: list[Any]) -> None:
        rows = self._insert(messages)
        with self._pace.transaction(self._weight_of(messages)):
            self._at_first()
            self._change(deleted_at=timezone.now() + LEASE)
            execute(rows)
        self._on_portion()

    def _show(self, shown: Any) -> None:
        with self._pace.transaction(ROW):
            values = {"deleted_at": None, "shown_id": shown, **self._at_last()}
            self._change(**values)
        vars(self._conversation).update(values)

    def _give_up(self) -> None:
        self._mine.update(deleted_at=GIVEN_UP, origin="")

    def _weight_of(self, messages: list[Any]) -> int:
        return sum(map(self._weigh, messages)) or ROW

    def _change(self, **values: Any) -> None:
        if not self._mine.update(**values):
            raise IntegrityError("The conversation was given up, or another one has taken its place.")

    @property
    def _mine(self) -> Any:
        return _same(self._conversation).filter(pk=self._conversation.pk, deleted_at__gt=timezone.now())


class BeingCopied(Exception):
    """Another request of the same person is making this copy."""


def arrive_once(
    conversation: "Conversation", messages: Iterable[Any], check: Callable[[], object] = dict, **how: Any
) -> "Conversation":
    """Return the person's conversation of the same origin, or else write this one and return it.

    ``check`` is called in the last transaction, with the feed locked, and may raise. ``how``: ``weigh`` and ``insert``
    of an Arrival. Raises BeingCopied while another request writes it, and OperationalError where a row is locked for
    longer than ``locks.waiting`` allows.
    """
    same = _same(conversation)
    if same.filter(deleted_at__gt=timezone.now()).exists():
        raise BeingCopied

    def at_last() -> dict[str, Any]:
        version = Feed.advance(conversation.owner_id)
        check()
        return {"version": version}

    try:
        if there := _whole(same):
            return there
        # Who deletes what is copied, or a file that nothing uses, holds the feed, too.
        held = partial(Feed.lock, conversation.owner_id)
        Arrival(conversation, at_first=held, at_last=at_last, **how).write(messages)
    except IntegrityError as error:  # of two requests at once, one comes second
        if there := _whole(same):
            return there
        raise BeingCopied from error
    return conversation


def _whole(same: Any) -> "Conversation | None":
    found: Conversation | None = same.filter(deleted_at=None).first()
    return found


def _same(conversation: "Conversation") -> Any:
    everyone: Any = type(conversation)._default_manager
    return everyone.filter(owner_id=conversation.owner_id, origin=conversation.origin)
