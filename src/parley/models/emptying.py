"""The messages of a conversation that goes for good, deleted in portions before it."""

import time
from collections.abc import Callable
from uuid import UUID

from django.db import router
from django.db.models.functions import Length

from . import locks
from .conversation import Conversation
from .message import Message
from .portions import ROW, Pace

LONGEST = 1.0
"""Seconds; the rest is deleted by the next sweep."""
MOST_ROWS = 200


def emptied(conversation_id: UUID, clock: Callable[[], float] = time.monotonic) -> bool:
    """Delete the messages that nobody will see again, for a second: whether none is left.

    Where another process is about it, it is left to that one.
    """
    pace, until = Pace(), clock() + LONGEST
    left = list(Message.objects.filter(conversation=conversation_id).order_by("pk").values_list("pk", flat=True))
    while left:
        newest = _weighed(left[-min(pace.rows, MOST_ROWS) :], pace.most)
        with pace.transaction(sum(newest.values())):
            locks.wait_no_longer()
            if not _held(conversation_id):
                return False
            _delete(list(newest))
        del left[-len(newest) :]
        if clock() >= until:
            return not left
    return True


def _held(conversation_id: UUID) -> bool:
    held = Conversation.objects.filter(pk=conversation_id).select_for_update(skip_locked=True)
    return bool(held.values_list("pk"))


def _weighed(ids: list[UUID], most: float) -> dict[UUID, int]:
    """The last of these messages, one at least, with what they cost; so answers go before what they answer."""
    size = Length("content") + Length("reasoning") + Length("html") + ROW
    sizes = dict(Message.objects.filter(pk__in=ids).values_list("pk", size))
    found: dict[UUID, int] = {}
    for pk in reversed(ids):
        if found and sum(found.values()) + sizes.get(pk, 0) > most:
            break
        found[pk] = sizes.get(pk, 0)
    return found


def _delete(ids: list[UUID]) -> None:
    """Without reading them first, and without a word to the pages: their conversation is on none."""
    gone = Message.objects.filter(pk__in=ids)
    Conversation.objects.filter(shown__in=ids).update(shown=None)
    Message.objects.filter(parent__in=ids).exclude(pk__in=ids).update(parent=None)
    gone.order_by()._raw_delete(router.db_for_write(Message))
