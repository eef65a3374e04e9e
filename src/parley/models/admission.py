"""Decide whether a person may have one more job."""

from typing import Any


class Refused(Exception):
    """The person has as many jobs of this kind as they may."""


def may(owner_id: Any, kind: Any) -> bool:
    """Return whether a person may have the job of this kind (a model) that was just enqueued. No limit, no query.

    Call it in a transaction that has advanced the person's feed, so that of two at once one comes second.
    """
    limit = kind.MAX_UNSETTLED
    return limit is None or kind.objects.unsettled().filter(**{kind.OWNER: owner_id}).count() <= limit
