"""What changed in a person's feed since a version, as Turbo Streams."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.template.loader import render_to_string

from parley.models import Conversation, Folder, Message, Transfer
from parley.models.news import news

from .log import show_live

MOST_CHANGES = 50
"""More than these are not told one by one: the page is loaded again."""

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'


def changes_since(user: Any, conversation_id: UUID | None, version: int) -> tuple[int, str]:
    """(newest version, Turbo Streams that bring a page from ``version`` to it).

    The page shows the person's list of conversations and the messages of one of them, which may be
    anybody's id: what this user may not see is not there. A page that knows a higher version than there is comes from
    before an older database was restored, and is loaded again.
    """
    feed = news(user, conversation_id, version)
    newest = feed.version if feed else 0
    if newest < version:
        return newest, REFRESH
    if feed is None or newest == version:
        return version, ""
    rows = _newer(Conversation.objects.known_to(user), version) if feed.conversations else []
    spoken = _newer(_messages(user, conversation_id), version, "id") if feed.messages else []
    transfers = _newer(Transfer.objects.visible_to(user).defer("report"), version) if feed.transfers else []
    folders = _newer(Folder.objects.visible_to(user), version) if feed.folders else []
    turned = any(row.pk == conversation_id and row.turned > version for row in rows)
    if turned or feed.removed > version or sum(map(len, (rows, spoken, transfers, folders))) > MOST_CHANGES:
        return feed.version, REFRESH
    show_live(spoken)
    if spoken:
        spoken[0].conversation.number_versions(spoken)
    streams = [_upsert("folder", folder) for folder in folders]
    streams += [_conversation(row, conversation_id) for row in rows]
    streams += [_undo(user)] if rows else []
    streams += [_upsert("message", message) for message in spoken]
    streams += [_upsert("transfer", transfer) for transfer in transfers]
    return feed.version, "".join(streams)


def _messages(user: Any, conversation_id: UUID | None) -> QuerySet[Any]:
    return Message.objects.visible_to(user).filter(conversation=conversation_id).select_related("conversation")


def _newer(rows: QuerySet[Any], version: int, order: str = "version") -> list[Any]:
    return list(rows.filter(version__gt=version).order_by(order)[: MOST_CHANGES + 1])


def _conversation(row: Conversation, shown: UUID | None) -> str:
    """Its row; and its title and menu, where it is the one that is shown."""
    name = "conversation_changed" if row.pk == shown else "conversation_upsert"
    return render_to_string(f"parley/_{name}.html", {"conversation": row, "current": {"id": shown}})


def _undo(user: Any) -> str:
    return render_to_string("parley/_undo_update.html", {"undoable": Conversation.objects.undoable(user)})


def _upsert(name: str, row: Folder | Message | Transfer, **context: Any) -> str:
    return render_to_string(f"parley/_{name}_upsert.html", {name: row, **context})
