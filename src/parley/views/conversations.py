"""Pages of conversations."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from parley.delivery.log import show_live
from parley.forms import QuestionForm
from parley.ids import uuid7
from parley.models import AskedBefore, Conversation, Draft, Feed, Message
from parley.tasks import ring_on_commit

from .base import own_conversation, page, private, see, uuid_or_404


@private
@require_GET
def conversation_new(request: HttpRequest) -> HttpResponse:
    return page(request, "conversation_new", form=blank_form(request, None))


@private
@require_POST
def conversation_create(request: HttpRequest) -> HttpResponse:
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return page(request, "conversation_new", status=422, form=form)
    try:
        conversation, reply = Conversation.start(request.user, form.cleaned_data["text"], key=form.cleaned_data["key"])
        ring_on_commit(reply)
    except AskedBefore as again:
        conversation = again.question.conversation
    Draft.keep(request.user, None, "")
    return see(conversation)


@private
@require_GET
def conversation_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    conversation = own_conversation(request, pk)
    return conversation_page(request, conversation, blank_form(request, conversation))


@private
@require_GET
def conversation_older(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages before one, as the frame that the page put in front of it; as a page without JavaScript."""
    conversation = own_conversation(request, pk)
    before = get_object_or_404(conversation.messages, pk=uuid_or_404(request.GET.get("before")))
    if "Turbo-Frame" not in request.headers:
        return conversation_page(request, conversation, blank_form(request, conversation), before=before)
    return render(
        request, "parley/conversation_older.html", {"before": before.pk, **transcript_of(conversation, before)}
    )


def conversation_page(
    request: HttpRequest,
    conversation: Conversation,
    form: QuestionForm,
    *,
    status: int = 200,
    before: Message | None = None,
) -> HttpResponse:
    version = Feed.version_of(request.user)
    return page(
        request, "conversation_show", status=status, version=version, form=form, **transcript_of(conversation, before)
    )


def transcript_of(conversation: Conversation, before: Message | None = None) -> dict[str, Any]:
    """``transcript``: some messages in order; ``older``: the id before which there are more."""
    transcript = conversation.transcript(before)
    show_live(transcript)
    older = transcript[0].pk if transcript and transcript[0].parent_id else None
    return {"conversation": conversation, "transcript": transcript, "older": older}


def blank_form(request: HttpRequest, conversation: Conversation | None) -> QuestionForm:
    """The next form: what was typed and not sent, and a key of its own."""
    return QuestionForm(initial={"text": Draft.text_of(request.user, conversation), "key": uuid7()})
