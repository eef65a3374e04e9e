"""The models that are live in every tab, and how their changes are rendered."""

from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string

from parley.models import Attachment, Conversation, Folder, Message, Transfer
from parley.models.statements import load_related

from .feed import REFRESH, Page, register, render_each
from .stream_log import show_live


def register_all() -> None:
    """Register the models of Parley, in the order in which their changes are sent."""
    register(Folder, template="parley/_folder_upsert.html")
    register(
        Conversation, visible=lambda page: Conversation.objects.visible_or_trashed_by(page.user), render=_conversations
    )
    register(Message, visible=_of_conversation, render=_messages, within="conversation", order="id")
    register(Attachment, template="parley/_attachment_upsert.html")
    register(Transfer, visible=_without_reports, template="parley/_transfer_upsert.html")


def _conversations(page: Page, rows: list[Conversation]) -> str:
    """Render the rows, the title and menu of the conversation that is shown, and what can be undone."""
    if any(row.pk == page.conversation and row.turned > page.version for row in rows):
        return REFRESH
    undo = render_to_string("parley/_undo_update.html", {"undoable": Conversation.objects.undoable(page.user)})
    return render_each("parley/_conversation_told.html", page, rows) + undo


def _of_conversation(page: Page) -> QuerySet[Any]:
    return Message.objects.visible_to(page.user).filter(conversation=page.conversation)


def _messages(page: Page, rows: list[Message]) -> str:
    show_live(rows)
    load_related([row for row in rows if row.error], ["conversation", "folder"])
    Message.objects.number_versions(rows)
    return render_each("parley/_message_upsert.html", page, rows)


def _without_reports(page: Page) -> Any:
    return Transfer.objects.visible_to(page.user).defer("report")
