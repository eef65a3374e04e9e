"""Decide whether a person may have one more job, and keep one more file or link."""

from typing import Any

from django.db.models import Sum

from parley.conf import conf


class Refused(Exception):
    """The person has as many jobs of this kind as they may."""


def may(owner_id: Any, kind: Any) -> bool:
    """Return whether a person may have the job of this kind (a model) that was just enqueued. No limit, no query.

    Call it in a transaction that has advanced the person's feed, so that of two at once one comes second.
    """
    limit = kind.MAX_UNSETTLED
    return limit is None or kind.objects.counted().filter(**{kind.OWNER: owner_id}).count() <= limit


class Full(Exception):
    """The person keeps as much as they may."""


def used_by(owner: Any) -> int:
    """Return the bytes in use, without expired links, which are emptied when the next one is made.

    Exports do not count, so that everybody can take out what they keep; see ``Transfer.finish_export``.
    """
    kept = (owner.transfers.unsettled(), owner.shares.unexpired(), owner.attachments.usable())
    return sum(rows.aggregate(bytes=Sum("size"))["bytes"] or 0 for rows in kept)


def storage_left(owner: Any) -> int:
    """Return how many more bytes this person may keep."""
    return max(0, conf.STORAGE_PER_PERSON - used_by(owner))


def refuse_above(owner: Any) -> None:
    """Raise Full. Call it in a transaction that has advanced the feed, so that of two at once one comes second."""
    if used_by(owner) > conf.STORAGE_PER_PERSON:
        raise Full
