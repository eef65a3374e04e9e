"""Questions and their drafts, and the verbs of replies."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from parley import tracing
from parley.delivery.stream_log import show_live
from parley.forms import DraftForm, QuestionForm
from parley.models import Conversation, Draft, DuplicateQuestion, Message, OverBudget, Role
from parley.requests import stop_on_commit

from .attaching import NOT_ASKED, question_form, refuse
from .base import fragment, own_conversation, own_message, page, private, redirect_to, stream, wants_stream
from .conversations import blank_form, conversation_page, transcript_of
from .uploading import keeps_names


@keeps_names
@private
@require_POST
@tracing.span(tracing.ASK)
def message_create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a question, or ask an edited one anew; one that was sent twice is asked once."""
    conversation = own_conversation(request, pk)
    form = question_form(request, conversation)
    if not form.is_valid():
        return _refused(request, conversation, form)
    edited = _message_or_none(conversation, form.cleaned_data["editing"], role=Role.USER)
    below = _message_or_none(conversation, form.cleaned_data["below"])
    try:
        question, reply = conversation.ask(**form.asked, instead_of=edited, below=below)
    except NOT_ASKED as refused:
        refuse(form, refused)
        return _refused(request, conversation, form)
    except DuplicateQuestion as again:
        question = again.question
        first = question.children.filter(conversation=question.conversation_id).order_by("-id").first()
        if first is None:
            return redirect_to(conversation)
        reply = first
    if not wants_stream(request):
        return redirect_to(conversation)
    if not question.versions:
        conversation.number_versions([question, reply])
    context = {"question": question, "reply": reply, "edited": edited, "conversation": conversation}
    return stream("message_create", context)


@private
@require_GET
def message_source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve a message as it was written, for copying."""
    return HttpResponse(own_message(request, pk).content, content_type="text/plain; charset=utf-8")


@private
@require_POST
def message_requeue(request: HttpRequest, pk: UUID, verb: Callable[[Message], object]) -> HttpResponse:
    """Have a reply written again or further, by a verb of Message that does nothing where that is not possible."""
    message = own_message(request, pk)
    try:
        verb(message)
    except OverBudget as refused:
        return _over_budget(request, own_message(request, pk), refused.sentence)
    return _changed(request, message)


@private
@require_POST
def message_stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop a reply that is waiting or being written."""
    message = own_message(request, pk)
    if message.stop():
        stop_on_commit(message)
    return _changed(request, message)


def _changed(request: HttpRequest, message: Message) -> HttpResponse:
    """Show the message as it is now, whether this request changed it or another was first."""
    if not wants_stream(request):
        return redirect_to(message.conversation)
    message.refresh_from_db()
    show_live([message])
    message.conversation.number_versions([message])
    return stream("message_changed", {"message": message})


def _message_or_none(conversation: Conversation, pk: UUID | None, **kind: Any) -> Message | None:
    return get_object_or_404(conversation.messages, pk=pk, **kind) if pk else None


def _refused(request: HttpRequest, conversation: Conversation, form: QuestionForm) -> HttpResponse:
    if wants_stream(request):
        return fragment(request, "_composer", status=form.status, form=form, conversation=conversation)
    return conversation_page(request, conversation, form, status=form.status)


def _over_budget(request: HttpRequest, message: Message, sentence: str) -> HttpResponse:
    """Say at the reply, which stays as it is, why it is not written again; what is being typed stays as well."""
    refused = {"refused": message, "refusal": sentence}
    if wants_stream(request):
        return stream("message_refused", refused, status=422)
    shown = transcript_of(message.conversation, around=message)
    return page(
        request, "conversation_show", status=422, form=blank_form(request, message.conversation), **shown, **refused
    )


@private
@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    """Keep the draft of a conversation, or of a new one."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    pk = form.cleaned_data["conversation"]
    Draft.keep(request.user, own_conversation(request, pk) if pk else None, form.cleaned_data["text"])
    return HttpResponse(status=204)
