"""Loads the conversation history of a reply, newest first, until the context window is full."""

from dataclasses import dataclass

from django.db.models import CharField, F, Func, Value

from parley.models import Message, tree

from .prompt import SPOKEN, Turn, tokens

FIRST_PAGE = 50
"""Messages of the first page; each further page is twice as long."""
SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))


@dataclass(frozen=True)
class History:
    """The newest turns, in order; ``older``: how many sendable messages stand before them."""

    turns: list[Turn]
    older: int = 0


def before(reply: Message, window: int) -> History:
    """Load the branch above a reply, as far as it fills ``window`` tokens."""
    turns: list[Turn] = []
    first, seen, size = reply, {reply.pk}, FIRST_PAGE
    while first.parent_id and first.parent_id not in seen and tokens(turns) <= window:
        page = reply.conversation.history_before(first, most=size)
        if not page:
            break
        turns = [(message.role, message.status, message.content) for message in page] + turns
        seen.update(message.pk for message in page)
        first, size = page[0], size * 2
    return History(turns, _count_before(first) if first.parent_id and first.parent_id not in seen else 0)


def _count_before(message: Message) -> int:
    """Count the sendable messages above a message; their texts stay in the database."""
    above = Message.objects.filter(pk__in=tree.above(message.parent_id), status__in=SPOKEN)
    text = Func(F("content"), Value(SPACES), function="LTRIM", output_field=CharField())
    count: int = above.alias(text=text).exclude(text="").count()
    return count
