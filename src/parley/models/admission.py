"""Decide whether a person may have one more job, and keep one more file or link."""

from typing import Any

from django.db.models import Q, Sum

from parley.conf import conf


class Refused(Exception):
    """The person has as many jobs of this kind as they may."""


def may(owner_id: Any, kind: Any) -> bool:
    """Return whether a person may have the job of this kind (a model) that was just enqueued. No limit, no query.

    Call it in a transaction that has advanced the person's feed, so that of two at once one comes second.
    """
    limit = kind.MAX_UNSETTLED
    return limit is None or kind.objects.unsettled().filter(**{kind.OWNER: owner_id}).count() <= limit


UPLOADS_AND_EXPORTS = Q(kind="export") | Q(settled_at=None)


class Full(Exception):
    """The person keeps as much as they may."""


def used_by(owner: Any) -> int:
    """Return the bytes in use, without expired links, which are emptied when the next one is made."""
    kept = (owner.transfers.filter(UPLOADS_AND_EXPORTS), owner.shares.unexpired())
    return sum(rows.aggregate(bytes=Sum("size"))["bytes"] or 0 for rows in kept)


def storage_left(owner: Any) -> int:
    """Return how many more bytes this person may keep."""
    return max(0, conf.STORAGE_PER_PERSON - used_by(owner))


def refuse_above(owner: Any) -> None:
    """Raise Full. Call it in a transaction that has advanced the feed, so that of two at once one comes second."""
    if used_by(owner) > conf.STORAGE_PER_PERSON:
        raise Full
