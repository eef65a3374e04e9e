"""The messages of a conversation that goes for good, deleted in portions before it."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from . import locks
from .copying import WEIGHT
from .portions import Pace

LONGEST = 1.0
"""Seconds; the rest is deleted by the next sweep."""
MOST_ROWS = 200


def emptied(conversation: Any, clock: Callable[[], float] = time.monotonic) -> bool:
    """Delete the messages that nobody will see again, for a second: whether none is left.

    Where another process is about it, it is left to that one.
    """
    pace, until = Pace(), clock() + LONGEST
    left = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    while left:
        newest = _weighed(conversation, left[-min(pace.rows, MOST_ROWS) :], pace.most)
        with pace.transaction(sum(newest.values())):
            locks.wait_no_longer()
            if not _held(conversation):
                return False
            _delete(conversation, list(newest))
        del left[-len(newest) :]
        if clock() >= until:
            return not left
    return True


def _held(conversation: Any) -> bool:
    held = type(conversation)._default_manager.filter(pk=conversation.pk).select_for_update(skip_locked=True)
    return bool(held.values_list("pk"))


def _weighed(conversation: Any, ids: list[UUID], most: float) -> dict[UUID, int]:
    """The last of these messages, one at least, with what they cost; so answers go before what they answer."""
    sizes = dict(conversation.messages.filter(pk__in=ids).values_list("pk", WEIGHT))
    found: dict[UUID, int] = {}
    for pk in reversed(ids):
        if found and sum(found.values()) + sizes.get(pk, 0) > most:
            break
        found[pk] = sizes.get(pk, 0)
    return found


def _delete(conversation: Any, ids: list[UUID]) -> None:
    """Without reading them first, and without a word to the pages: their conversation is on none."""
    everyone = conversation.messages.model._default_manager
    type(conversation)._default_manager.filter(shown__in=ids).update(shown=None)
    everyone.filter(parent__in=ids).exclude(pk__in=ids).update(parent=None)
    gone = everyone.filter(pk__in=ids).order_by()
    gone._raw_delete(gone.db)
