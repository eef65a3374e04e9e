"""The messages of one conversation for an export, read in order and few at a time."""

from collections.abc import Iterator
from functools import cached_property
from uuid import UUID

from parley.models import Conversation, Message
from parley.models.tree import above

CHUNK = 200
"""Messages in memory at once."""


def whole_tree(conversation: Conversation, *left_out: str) -> Iterator[Message]:
    """All messages, each after its parent, without these fields; one query."""
    rows = conversation.messages.order_by("id").defer(*left_out)
    for message in rows.iterator(CHUNK):
        message.conversation = conversation
        yield message


class Branch:
    """The branch of a conversation that is shown; as many queries for many messages as for few."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation

    @cached_property
    def ids(self) -> set[UUID]:
        path = above(self.conversation.leaf_id())
        return set(Message.objects.filter(pk__in=path).values_list("pk", flat=True))

    @cached_property
    def elsewhere(self) -> int:
        """How many messages are on other branches only."""
        return self.conversation.messages.count() - len(self.ids)

    def messages(self, *left_out: str) -> Iterator[Message]:
        return (message for message in whole_tree(self.conversation, *left_out) if message.pk in self.ids)
