"""A conversation that comes in with its messages: in portions, and seen by nobody before it is whole."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from .conversation import Conversation
from .message import Message
from .message_queryset import weight_of
from .organised import GIVEN_UP
from .portions import ROW, Pace, execute, inserting, portions

LEASE = timedelta(seconds=120)
"""After the last portion, it is given up: its process has died."""


class Arrival:
    """Until its last portion the conversation is thrown away, in the future, which whoever writes it puts off.

    So nothing shows it, and what a killed process leaves behind is deleted as everything that was thrown away.
    """

    def __init__(
        self,
        conversation: Conversation,
        on_portion: Callable[[], None] = lambda: None,
        at_last: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """``on_portion`` is called after each of several portions, outside of any transaction; what it raises goes up.

        ``at_last`` is called in the last transaction → what else the conversation is then.
        """
        self._conversation, self._on_portion, self._at_last = conversation, on_portion, at_last
        self._pace = Pace()

    def write(self, messages: Iterable[Message]) -> None:
        """Raises DataError and IntegrityError; then, as when ``on_portion`` raises, nothing of it will be seen."""
        first, *more = _first_two(found := portions(messages, self._pace, weight_of))
        if not more:
            return self._write_at_once(first)
        shown, self._conversation.shown_id = self._conversation.shown_id, None
        self._begin()
        try:
            for portion in chain([first], more, found):
                self._write_portion(portion)
            self._show(shown)
        except BaseException:
            self._give_up()
            raise

    def _write_at_once(self, messages: list[Message]) -> None:
        rows = inserting(messages) if messages else []
        with self._pace.transaction(_weight_of(messages)):
            vars(self._conversation).update(self._at_last())
            self._insert_conversation()
            execute(Message, rows)

    def _begin(self) -> None:
        self._conversation.discarded_at = timezone.now() + LEASE
        with self._pace.transaction(ROW):
            self._insert_conversation()

    def _insert_conversation(self) -> None:
        """In place of what was thrown away, or was given up, and has the same origin."""
        _forget(self._conversation)
        execute(Conversation, inserting([self._conversation]))

    def _write_portion(self, messages: list[Message]) -> None:
        rows = inserting(messages)
        with self._pace.transaction(_weight_of(messages)):
            self._change(discarded_at=timezone.now() + LEASE)
            execute(Message, rows)
        self._on_portion()

    def _show(self, shown: Any) -> None:
        with self._pace.transaction(ROW):
            values = {"discarded_at": None, "shown_id": shown, **self._at_last()}
            self._change(**values)
        vars(self._conversation).update(values)

    def _give_up(self) -> None:
        self._mine.update(discarded_at=GIVEN_UP, origin="")

    def _change(self, **values: Any) -> None:
        if not self._mine.update(**values):
            raise IntegrityError("The conversation was given up, or another one has taken its place.")

    @property
    def _mine(self) -> Any:
        mine = Conversation.objects.filter(pk=self._conversation.pk, origin=self._conversation.origin)
        return mine.filter(discarded_at__gt=timezone.now())


def _weight_of(messages: list[Message]) -> int:
    return sum(map(weight_of, messages)) or ROW


def _first_two(found: Iterator[list[Message]]) -> list[list[Message]]:
    """The first portion, and the second if there is one."""
    first = next(found, [])
    second = next(found, None)
    return [first] if second is None else [first, second]


def _forget(conversation: Conversation) -> None:
    if conversation.origin:
        same = Conversation.objects.filter(owner_id=conversation.owner_id, origin=conversation.origin)
        thrown_away = same.exclude(discarded_at=None)
        thrown_away.filter(discarded_at__gt=timezone.now()).update(discarded_at=GIVEN_UP, origin="")
        thrown_away.update(origin="")
