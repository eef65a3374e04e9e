"""Pages and the verbs behind their forms. Every lookup starts from what this user may see."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from .conf import conf
from .connections import connection
from .delivery.feed import changes_since
from .delivery.language import socket_address
from .delivery.log import entries_since, show_live
from .forms import CatchUpForm, DraftForm, QuestionForm
from .ids import uuid7
from .models import AskedBefore, Conversation, Draft, Feed, Message, Role
from .tasks import ring_on_commit, stop_on_commit

View = Callable[..., HttpResponse]
TURBO_STREAM = "text/vnd.turbo-stream.html"


def private(view: View) -> View:
    """For signed-in people, kept by no cache."""
    return wraps(view)(cache_control(private=True, no_store=True)(login_required(view)))


@private
@require_GET
def conversation_new(request: HttpRequest) -> HttpResponse:
    return _page(request, "conversation_new", form=_blank_form(request, None))


@private
@require_POST
def conversation_create(request: HttpRequest) -> HttpResponse:
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _page(request, "conversation_new", status=422, form=form)
    try:
        conversation, reply = Conversation.start(request.user, form.cleaned_data["text"], key=form.cleaned_data["key"])
        ring_on_commit(reply)
    except AskedBefore as again:
        conversation = again.question.conversation
    Draft.keep(request.user, None, "")
    return _see(conversation)


@private
@require_GET
def conversation_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    conversation = _own(request, pk)
    return _conversation_page(request, conversation, _blank_form(request, conversation))


@private
@require_GET
def conversation_older(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages before one, as the frame that the page put in front of it; as a page without JavaScript."""
    conversation = _own(request, pk)
    before = get_object_or_404(conversation.messages, pk=_uuid_or_404(request.GET.get("before")))
    if "Turbo-Frame" not in request.headers:
        return _conversation_page(request, conversation, _blank_form(request, conversation), before=before)
    return render(request, "parley/conversation_older.html", {"before": before.pk, **_transcript(conversation, before)})


@private
@require_POST
def message_create(request: HttpRequest, pk: UUID) -> HttpResponse:
    conversation, form = _own(request, pk), QuestionForm(request.POST)
    if not form.is_valid():
        return _refused(request, conversation, form)
    edited = _edited(conversation, form)
    try:
        question, reply = conversation.ask(form.cleaned_data["text"], key=form.cleaned_data["key"], instead_of=edited)
        ring_on_commit(reply)
    except AskedBefore as again:
        question, reply = again.question, again.question.children.order_by("-id").get()
    Draft.keep(request.user, conversation, "")
    if not _wants_stream(request):
        return _see(conversation)
    context = {"question": question, "reply": reply, "form": _blank_form(request, conversation), "edited": edited}
    return _stream(request, "message_create", {**context, "conversation": conversation})


@private
@require_GET
def message_source(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A message as it was written, to be copied."""
    return HttpResponse(_own_message(request, pk).content, content_type="text/plain; charset=utf-8")


@private
@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    pk = form.cleaned_data["conversation"]
    Draft.keep(request.user, _own(request, pk) if pk else None, form.cleaned_data["text"])
    return HttpResponse(status=204)


@private
@require_POST
def message_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = _own_message(request, pk)
    if message.retry():
        ring_on_commit(message)
    return _changed(request, message)


@private
@require_POST
def message_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = _own_message(request, pk)
    if message.resume():
        ring_on_commit(message)
    return _changed(request, message)


@private
@require_POST
def message_stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    message = _own_message(request, pk)
    if message.stop():
        stop_on_commit(message)
    return _changed(request, message)


@private
@require_GET
def catch_up(request: HttpRequest) -> HttpResponse:
    """What the socket would have said since, for a page that has none: see docs/protocol.md."""
    form = CatchUpForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    asked = form.cleaned_data
    version, stream = changes_since(request.user, asked["conversation"], asked["version"])
    may_see = Message.objects.visible_to(request.user).only("attempt", "status").in_bulk(asked["follow"])
    frames = [
        [handle, position, *payload]
        for handle, (reply_id, since) in enumerate(asked["follow"].items())
        if reply_id in may_see
        for position, payload in entries_since(connection(), reply_id, max(since, may_see[reply_id].past))
    ]
    return JsonResponse({"version": version, "stream": stream, "frames": frames})


def _own_message(request: HttpRequest, pk: UUID) -> Message:
    return get_object_or_404(Message.objects.visible_to(request.user).select_related("conversation"), pk=pk)


def _changed(request: HttpRequest, message: Message) -> HttpResponse:
    """The message as it is now, whether this request changed it or another was first."""
    if not _wants_stream(request):
        return _see(message.conversation)
    message.refresh_from_db()
    show_live([message])
    return _stream(request, "message_changed", {"message": message})


def _own(request: HttpRequest, pk: UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)


def _see(conversation: Conversation) -> HttpResponse:
    return HttpResponseRedirect(conversation.get_absolute_url(), status=303)


def _uuid_or_404(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404 from None


def _edited(conversation: Conversation, form: QuestionForm) -> Message | None:
    pk = form.cleaned_data["editing"]
    return get_object_or_404(conversation.messages.filter(role=Role.USER), pk=pk) if pk else None


def _blank_form(request: HttpRequest, conversation: Conversation | None) -> QuestionForm:
    """The next form: what was typed and not sent, and a key of its own."""
    return QuestionForm(initial={"text": Draft.text_of(request.user, conversation), "key": uuid7()})


def _transcript(conversation: Conversation, before: Message | None = None) -> dict[str, Any]:
    """``transcript``: some messages in order; ``older``: the id before which there are more."""
    transcript = conversation.transcript(before)
    show_live(transcript)
    older = transcript[0].pk if transcript and transcript[0].parent_id else None
    return {"conversation": conversation, "transcript": transcript, "older": older}


def _refused(request: HttpRequest, conversation: Conversation, form: QuestionForm) -> HttpResponse:
    if _wants_stream(request):
        return render(request, "parley/_composer.html", {"form": form, "conversation": conversation}, status=422)
    return _conversation_page(request, conversation, form, status=422)


def _conversation_page(
    request: HttpRequest,
    conversation: Conversation,
    form: QuestionForm,
    *,
    status: int = 200,
    before: Message | None = None,
) -> HttpResponse:
    version = Feed.version_of(request.user)
    return _page(
        request, "conversation_show", status=status, version=version, form=form, **_transcript(conversation, before)
    )


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page with the sidebar; the feed's version is read before the rows, so that nothing falls between."""
    context.setdefault("version", Feed.version_of(request.user))
    context |= {
        "conversations": Conversation.objects.visible_to(request.user).newest_first()[:100],
        "parley_socket": socket_address(),
        "local_model": conf.LOCAL_MODEL,
    }
    return render(request, f"parley/{name}.html", context, status=status)


def _wants_stream(request: HttpRequest) -> bool:
    return TURBO_STREAM in request.headers.get("Accept", "")


def _stream(request: HttpRequest, name: str, context: dict) -> HttpResponse:
    return render(request, f"parley/{name}.turbo_stream.html", context, content_type=TURBO_STREAM)
