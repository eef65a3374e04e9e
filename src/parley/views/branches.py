"""Versions of questions and answers, forks, and deleting parts of a conversation."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from parley.models import Call, Conversation, Message, Role
from parley.models.arriving import BeingCopied
from parley.models.totals import SUMS
from parley.requests import stop_on_commit

from .base import framed, own_conversation, private, redirect_to, uuid_or_404

MAX_CALLS = 10
"""Calls for a message that its menu shows, the last ones; their sum is that of all."""
Delete = Callable[[Conversation, Message], list[Message]]


@private
@require_POST
def branch_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Turn to the branch of a message, and stay at its place on the page."""
    conversation = own_conversation(request, pk)
    message = message_of(conversation, uuid_or_404(request.POST.get("message")))
    conversation.show(message)
    return redirect_to_message(conversation, message.pk)


@private
@require_GET
def message_menu(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Show what can be done with a message; without JavaScript as a page."""
    conversation = own_conversation(request, pk)
    chosen = message_of(conversation, message)
    conversation.number_versions([chosen])
    shown: dict[str, Any] = {"message": chosen, "following": conversation.count_below(chosen)}
    if chosen.role == Role.ASSISTANT:
        calls = Call.objects.filter(reply_id=chosen.pk).order_by("-attempt", "-purpose", "-number")
        shown |= {"calls": calls[:MAX_CALLS], "total": calls.aggregate(**SUMS)}
    return framed(request, "message_menu", conversation=conversation, **shown)


@private
@require_POST
def message_fork(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Copy the branch of a message into a new conversation, unless the message is still being written."""
    conversation = own_conversation(request, pk)
    chosen = message_of(conversation, message)
    if not chosen.settled:
        return redirect_to_message(conversation, message)
    try:
        return redirect_to(conversation.fork(chosen))
    except BeingCopied:
        return redirect_to_message(conversation, message)


@private
@require_POST
def message_delete(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Delete a message; what follows it stays."""
    return _delete(request, pk, message, Conversation.delete_message)


@private
@require_POST
def branch_delete(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Delete a message and all that follows it."""
    return _delete(request, pk, message, Conversation.delete_branch)


def message_of(conversation: Conversation, pk: UUID) -> Message:
    """Return a message of this conversation. Raises Http404."""
    return get_object_or_404(conversation.messages, pk=pk)


def redirect_to_message(conversation: Conversation, pk: UUID) -> HttpResponse:
    """Redirect to the newest messages of the branch that is shown, or to those around this one where it is older."""
    newest = any(message.pk == pk for message in conversation.transcript())
    address = conversation.get_absolute_url() if newest else conversation.address_of(pk)
    return redirect_to(f"{address.partition('#')[0]}#message_{pk}")


def _delete(request: HttpRequest, pk: UUID, message: UUID, delete: Delete) -> HttpResponse:
    conversation = own_conversation(request, pk)
    chosen = message_of(conversation, message)
    for reply in delete(conversation, chosen):
        stop_on_commit(reply)
    if chosen.parent_id:
        return redirect_to_message(conversation, chosen.parent_id)
    return redirect_to(conversation)
