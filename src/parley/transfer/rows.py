"""Read the messages of a conversation for an export, in order and a few at a time."""

from collections.abc import Iterator
from functools import cached_property
from uuid import UUID

from parley.models import Conversation, Message
from parley.models.tree import above

CHUNK = 200
"""Messages in memory at once."""


def whole_tree(conversation: Conversation, *left_out: str) -> Iterator[Message]:
    """Yield all messages, each after its parent, without the fields ``left_out``; one query."""
    rows = conversation.messages.order_by("id").defer(*left_out)
    for message in rows.iterator(CHUNK):
        message.conversation = conversation
        yield message


class Branch:
    """Read the shown branch of a conversation, in a fixed number of queries."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation

    @cached_property
    def ids(self) -> set[UUID]:
        path = above(self.conversation.leaf_id())
        return set(Message.objects.filter(pk__in=path).values_list("pk", flat=True))

    @cached_property
    def elsewhere(self) -> int:
        """Count the messages that are on other branches only."""
        return self.conversation.messages.count() - len(self.ids)

    def messages(self, *left_out: str) -> Iterator[Message]:
        """Yield the messages of the branch, without the fields ``left_out``."""
        return (message for message in whole_tree(self.conversation, *left_out) if message.pk in self.ids)
