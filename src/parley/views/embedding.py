"""What the tags put into pages of a host: the head of a page, and one conversation."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from parley import policy
from parley.days import readers_zone
from parley.delivery.sockets import socket_address
from parley.models import Conversation, Feed

from .base import around, own_or_none, rendered
from .conversations import blank_form, transcript_of

SHOWN = "parley_conversation_shown"
"""The attribute of a request whose page shows a conversation."""


def head_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the head of a host's page says: the socket, and the version of the feed, read before its rows."""
    if not _is_let_in(request):
        return {"parley_socket": "", "version": ""}
    return {"parley_socket": socket_address(), "version": Feed.version_of(request.user)}


def embedded(request: HttpRequest, conversation: Conversation | UUID | str | None) -> str:
    """Render a conversation of the person with its composer, or a sentence where they may not see it.

    A second one of the same page, whose elements would have the same ids, is a link.
    """
    pk = conversation.pk if isinstance(conversation, Conversation) else conversation
    own = own_or_none(request, Conversation, pk) if _is_let_in(request) else None
    if own is None or hasattr(request, SHOWN):
        return rendered(request, "parley/_not_embedded.html", {"elsewhere": own})
    setattr(request, SHOWN, True)
    context = {**around(request, own), "form": blank_form(request, own), **transcript_of(own)}
    with readers_zone(request.COOKIES):
        return rendered(request, "parley/_embedded.html", context)


def _is_let_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and policy.may_use(user)
