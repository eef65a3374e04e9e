"""Delete the messages of an expired conversation in portions, before the conversation itself."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from . import locks
from .copying import WEIGHT
from .portions import Pace

LONGEST = 1.0
"""Seconds for one conversation; the next sweep deletes the rest."""
MAX_ROWS = 200


def emptied(conversation: Any, clock: Callable[[], float] = time.monotonic) -> bool:
    """Delete messages, newest first, for LONGEST seconds; return whether none is left.

    Stop where another process has locked the conversation: it does the same.
    """
    pace, until = Pace(), clock() + LONGEST
    left = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    while left:
        newest = _weighed(conversation, left[-min(pace.rows, MAX_ROWS) :], pace.most)
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
    """Return {id: weight} of the last of these messages, at least one; replies are deleted before their parents."""
    sizes = dict(conversation.messages.filter(pk__in=ids).values_list("pk", WEIGHT))
    found: dict[UUID, int] = {}
    for pk in reversed(ids):
        if found and sum(found.values()) + sizes.get(pk, 0) > most:
            break
        found[pk] = sizes.get(pk, 0)
    return found


def _delete(conversation: Any, ids: list[UUID]) -> None:
    """Delete these without reading them and without signals: no page shows their conversation."""
    everyone = conversation.messages.model._default_manager
    type(conversation)._default_manager.filter(shown__in=ids).update(shown=None)
    everyone.filter(parent__in=ids).exclude(pk__in=ids).update(parent=None)
    rows = everyone.filter(pk__in=ids).order_by()
    rows._raw_delete(rows.db)
