"""Versions of questions and answers, forks, and deleting parts of a conversation."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from parley.forms import RegenerateForm
from parley.models import Conversation, Message
from parley.models.arriving import BeingCopied
from parley.models.conversation import NoQuestion
from parley.requests import offered_models, stop_on_commit

from .base import framed, own_conversation, private, redirect_to, uuid_or_404

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
    return _menu(request, conversation, message_of(conversation, message), RegenerateForm())


@private
@require_POST
def message_regenerate(request: HttpRequest, pk: UUID, message: UUID) -> HttpResponse:
    """Ask for another answer to the same question, of the model that is chosen."""
    conversation, form = own_conversation(request, pk), RegenerateForm(request.POST)
    chosen = message_of(conversation, message)
    if not form.is_valid():
        return _menu(request, conversation, chosen, form, status=422)
    try:
        conversation.regenerate(chosen, form.cleaned_data["model"])
    except NoQuestion:
        return redirect_to_message(conversation, message)
    return redirect_to(conversation)


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


def _menu(
    request: HttpRequest, conversation: Conversation, message: Message, form: RegenerateForm, status: int = 200
) -> HttpResponse:
    conversation.number_versions([message])
    shown: dict[str, Any] = {"message": message, "form": form, "following": conversation.count_below(message)}
    offer = offered_models()
    return framed(request, "message_menu", status=status, conversation=conversation, offer=offer, **shown)
