"""Where there is something newer than what a page knows, in one question to the database."""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models

from .feed import Feed

_NEWS = """
    SELECT version, removed,
        EXISTS (SELECT 1 FROM parley_conversation WHERE owner_id = %(owner)s AND version > %(since)s),
        EXISTS (SELECT 1 FROM parley_folder WHERE owner_id = %(owner)s AND version > %(since)s),
        EXISTS (SELECT 1 FROM parley_transfer WHERE owner_id = %(owner)s AND version > %(since)s),
        EXISTS (SELECT 1 FROM parley_message WHERE conversation_id = %(conversation)s AND version > %(since)s)
    FROM parley_feed WHERE owner_id = %(owner)s"""
"""Mostly it is one table; to look into each in turn takes longer than all that is told then."""
_conversation = models.UUIDField()


class News(NamedTuple):
    """``version`` and ``removed`` of the feed, and what has changed; messages are those of one conversation."""

    version: int
    removed: int
    conversations: bool
    folders: bool
    transfers: bool
    messages: bool


def news(user: Any, conversation_id: UUID | None, since: int) -> News | None:
    """None for somebody who has no feed yet."""
    conversation = _conversation.get_db_prep_value(conversation_id, connection)
    values = {"owner": Feed.key_of(user.pk), "conversation": conversation, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, values)
        row = cursor.fetchone()
    return News(*row) if row else None
