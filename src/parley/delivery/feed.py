"""What changed in a person's feed since a version, as Turbo Streams."""

from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from parley.models import Conversation, Feed, Message

from .log import show_live

MOST_CHANGES = 50
"""More than these are not told one by one: the page is loaded again."""

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'


def changes_since(user: Any, conversation_id: UUID | None, version: int) -> tuple[int, str]:
    """(newest version, Turbo Streams that bring a page from ``version`` to it).

    The page shows the person's list of conversations and the messages of one of them, which may be
    anybody's id: what this user may not see is not there.
    """
    feed = Feed.objects.filter(pk=user.pk).first()
    if feed is None or feed.version <= version:
        return version, ""
    conversations = Conversation.objects.visible_to(user).filter(version__gt=version).order_by("version")
    messages = Message.objects.visible_to(user).filter(conversation=conversation_id, version__gt=version)
    rows = list(conversations[: MOST_CHANGES + 1])
    spoken = list(messages.select_related("conversation").order_by("id")[: MOST_CHANGES + 1])
    if feed.removed > version or len(rows) + len(spoken) > MOST_CHANGES:
        return feed.version, REFRESH
    show_live(spoken)
    streams = [_upsert("conversation", row, current={"id": conversation_id}) for row in rows]
    streams += [_upsert("message", message) for message in spoken]
    return feed.version, "".join(streams)


def _upsert(name: str, row: Conversation | Message, **context: Any) -> str:
    return render_to_string(f"parley/_{name}_upsert.html", {name: row, **context})
