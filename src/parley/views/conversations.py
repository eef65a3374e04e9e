"""Pages of conversations."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from parley import tracing
from parley.delivery.stream_log import show_live
from parley.forms import QuestionForm
from parley.ids import uuid7
from parley.models import Conversation, Draft, DuplicateQuestion, Feed, Message, Preset

from .attaching import NOT_ASKED, files_for, question_form, refuse
from .base import fragment, own_conversation, page, private, redirect_to, uuid_or_404, wants_frame
from .generation_settings import chosen_folder, chosen_generation_settings, start_choices
from .uploading import keeps_names


@private
@require_GET
def conversation_new(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    """Show the page of a new conversation, in the folder that the address names, and from this preset, if any."""
    into = chosen_folder(request)
    preset = get_object_or_404(Preset.objects.visible_to(request.user), pk=pk) if pk else None
    choices = start_choices(request, into, preset)
    return page(request, "conversation_new", form=blank_form(request, None), into=into, **choices)


@keeps_names
@private
@require_POST
@tracing.span(tracing.ASK)
def conversation_create(request: HttpRequest) -> HttpResponse:
    """Ask the first question; one that was sent twice is asked once."""
    form, into = question_form(request), chosen_folder(request)
    choices, generation_settings = chosen_generation_settings(request, form, into)
    if generation_settings is None:
        return page(request, "conversation_new", status=form.status, form=form, into=into, **choices)
    try:
        conversation, _ = Conversation.start(request.user, **form.asked, folder=into, **generation_settings)
    except NOT_ASKED as refused:
        refuse(form, refused)
        return page(request, "conversation_new", status=422, form=form, into=into, **choices)
    except DuplicateQuestion as again:
        conversation = again.question.conversation
    return redirect_to(conversation)


@private
@require_GET
def conversation_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the end of the branch that was shown last, or with ``?message=`` the surroundings of a message."""
    conversation = own_conversation(request, pk)
    around = _named(request, conversation, "message")
    form = blank_form(request, conversation, _named(request, conversation, "edit"))
    if around and not conversation.branch_of(around):
        form.initial["below"] = around.pk
    return conversation_page(request, conversation, form, around=around)


@private
@require_GET
def conversation_older(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the messages before or after one, for the frame in its place; without JavaScript as a page."""
    conversation = own_conversation(request, pk)
    before, after = (_named(request, conversation, name) for name in ("before", "after"))
    if not (before or after):
        raise Http404
    if not wants_frame(request):
        return conversation_page(request, conversation, blank_form(request, conversation), before=before, after=after)
    window = transcript_of(conversation, before=before, after=after) | {"newer" if before else "older": None}
    frame = f"older_{before.pk}" if before else f"newer_{after and after.pk}"
    return fragment(request, "conversation_older", frame=frame, **window)


def conversation_page(
    request: HttpRequest, conversation: Conversation, form: QuestionForm, *, status: int = 200, **near: Message | None
) -> HttpResponse:
    """Show the messages ``near`` one: ``before``, ``after`` or ``around`` it; of none the newest."""
    version = Feed.version_of(request.user)
    context = {"version": version, "form": form, **transcript_of(conversation, **near)}
    return page(request, "conversation_show", status=status, **context)


def transcript_of(conversation: Conversation, **near: Message | None) -> dict[str, Any]:
    """Return ``transcript``, messages in order, with more of them before ``older`` and after ``newer``."""
    window, around = conversation.window(**near), near.get("around")
    show_live(window.messages)
    context = {"conversation": conversation, "transcript": window.messages, "found": around and around.pk}
    return context | {"older": window.older, "newer": window.newer}


def _named(request: HttpRequest, conversation: Conversation, name: str) -> Message | None:
    """Return the message that the address names, if it does. Raises Http404."""
    pk = request.GET.get(name)
    return None if pk is None else get_object_or_404(conversation.messages, pk=uuid_or_404(pk))


def blank_form(request: HttpRequest, conversation: Conversation | None, edited: Message | None = None) -> QuestionForm:
    """Return the form of the next question, with a key of its own, and its draft or a question that is edited.

    Their files are in it as well.
    """
    text = edited.content if edited else Draft.text_of(request.user, conversation)
    initial = {"idempotency_key": uuid7(), "text": text, "editing": edited and edited.pk}
    return QuestionForm(initial=initial, **files_for(request.user, conversation, edited))
