"""What changed in a person's feed since a version, as Turbo Streams."""

from uuid import UUID

from django.template.loader import render_to_string

from ..models import Conversation, Feed, Message
from .log import show_live

MOST_CHANGES = 50
"""More than these are not told one by one: the page is loaded again."""

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'


def changes_since(user, conversation_id: UUID | None, version: int) -> tuple[int, str]:
    """(newest version, Turbo Streams that bring a page from ``version`` to it).

    The page shows the person's list of conversations and the messages of one of them, which may be
    anybody's id: what this user may not see is not there.
    """
    feed = Feed.objects.filter(pk=user.pk).first()
    if feed is None or feed.version <= version:
        return version, ""
    conversations = Conversation.objects.visible_to(user).filter(version__gt=version).order_by("version")
    messages = Message.objects.visible_to(user).filter(conversation=conversation_id, version__gt=version)
    changed = list(conversations[: MOST_CHANGES + 1])
    changed += list(messages.select_related("conversation").order_by("id")[: MOST_CHANGES + 1])
    show_live(row for row in changed if isinstance(row, Message))
    if feed.removed > version or len(changed) > MOST_CHANGES:
        return feed.version, REFRESH
    return feed.version, "".join(_upsert(row, conversation_id) for row in changed)


def _upsert(row: Conversation | Message, current_id: UUID | None) -> str:
    if isinstance(row, Message):
        return render_to_string("parley/_message_upsert.html", {"message": row})
    return render_to_string("parley/_conversation_upsert.html", {"conversation": row, "current": {"id": current_id}})
