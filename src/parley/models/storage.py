"""How much each person may keep here: shared links, exports to fetch, and uploads that are being read."""

from typing import Any

from django.db.models import Q, Sum

from parley.conf import conf

UPLOADS_AND_EXPORTS = Q(kind="export") | Q(settled_at=None)


class Full(Exception):
    """This person keeps as much as they may."""


def used_by(owner: Any) -> int:
    """Bytes; without links that have expired, of which nothing is kept after the next one is made."""
    kept = (owner.transfers.filter(UPLOADS_AND_EXPORTS), owner.shares.unexpired())
    return sum(rows.aggregate(bytes=Sum("size"))["bytes"] or 0 for rows in kept)


def room_for(owner: Any) -> int:
    """Bytes that this person may still keep."""
    return max(0, conf.STORAGE_PER_PERSON - used_by(owner))


def refuse_above(owner: Any) -> None:
    """Raises Full. In a transaction that has advanced the feed, so that of two at once one comes second."""
    if used_by(owner) > conf.STORAGE_PER_PERSON:
        raise Full
