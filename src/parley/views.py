"""Pages and the verbs behind their forms. Every lookup starts from what this user may see."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from .conf import conf
from .connections import connection
from .delivery.feed import changes_since
from .delivery.log import entries_since, show_live
from .forms import CatchUpForm, QuestionForm
from .models import Conversation, Feed, Message
from .tasks import ring_on_commit, stop_on_commit

View = Callable[..., HttpResponse]
TURBO_STREAM = "text/vnd.turbo-stream.html"


def private(view: View) -> View:
    """For signed-in people, kept by no cache."""
    return wraps(view)(cache_control(private=True, no_store=True)(login_required(view)))


@private
@require_GET
def conversation_new(request: HttpRequest) -> HttpResponse:
    return _page(request, "conversation_new", form=QuestionForm())


@private
@require_POST
def conversation_create(request: HttpRequest) -> HttpResponse:
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _page(request, "conversation_new", status=422, form=form)
    conversation, reply = Conversation.start(request.user, form.cleaned_data["text"])
    ring_on_commit(reply)
    return _see(conversation)


@private
@require_GET
def conversation_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _conversation_page(request, _own(request, pk), QuestionForm())


@private
@require_POST
def message_create(request: HttpRequest, pk: UUID) -> HttpResponse:
    conversation, form = _own(request, pk), QuestionForm(request.POST)
    if not form.is_valid():
        return _refused(request, conversation, form)
    question, reply = conversation.ask(form.cleaned_data["text"])
    ring_on_commit(reply)
    if not _wants_stream(request):
        return _see(conversation)
    context = {"question": question, "reply": reply, "form": QuestionForm(), "conversation": conversation}
    return _stream(request, "message_create", context)


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


def _refused(request: HttpRequest, conversation: Conversation, form: QuestionForm) -> HttpResponse:
    if _wants_stream(request):
        return render(request, "parley/_composer.html", {"form": form, "conversation": conversation}, status=422)
    return _conversation_page(request, conversation, form, status=422)


def _conversation_page(
    request: HttpRequest, conversation: Conversation, form: QuestionForm, status: int = 200
) -> HttpResponse:
    version = Feed.version_of(request.user)
    transcript = conversation.transcript()
    show_live(transcript)
    return _page(
        request,
        "conversation_show",
        status=status,
        version=version,
        conversation=conversation,
        transcript=transcript,
        form=form,
    )


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page with the sidebar; the feed's version is read before the rows, so that nothing falls between."""
    context.setdefault("version", Feed.version_of(request.user))
    context |= {
        "conversations": Conversation.objects.visible_to(request.user).newest_first()[:100],
        "parley_socket": conf.SOCKET_PATH,
        "local_model": conf.LOCAL_MODEL,
    }
    return render(request, f"parley/{name}.html", context, status=status)


def _wants_stream(request: HttpRequest) -> bool:
    return TURBO_STREAM in request.headers.get("Accept", "")


def _stream(request: HttpRequest, name: str, context: dict) -> HttpResponse:
    return render(request, f"parley/{name}.turbo_stream.html", context, content_type=TURBO_STREAM)
