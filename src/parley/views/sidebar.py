"""The lists of conversations, and the verbs that move a conversation between them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms import MoveForm, RenameForm
from parley.models import Conversation, Folder
from parley.models.organised import ARCHIVED, IN_FOLDER, LISTED, PINNED
from parley.tasks import stop_on_commit

from .base import own_conversation, page, private, see, stream, uuid_or_404, wants_stream
from .conversations import blank_form
from .shelves import Shelf, folders, frame_of, shelf

MOST_TOLD = 50
"""Changed conversations that are told one by one; after more the page is loaded again."""


@private
@require_GET
def conversation_list(request: HttpRequest) -> HttpResponse:
    """More rows of a list, as the frame that the page put below it; without JavaScript, a page that begins with them."""
    after = request.GET.get("after", "")
    found = _own_shelf(request, request.GET.get("shelf", LISTED), after)
    if "Turbo-Frame" in request.headers:
        return render(request, "parley/conversation_list.html", {"shelf": found, "frame": frame_of(found.name, after)})
    if found.name == ARCHIVED:
        return page(request, "conversation_archived", shelf=found)
    instead: dict[str, Any] = {{LISTED: "listed", PINNED: "pinned"}.get(found.name, "opened"): found}
    return page(request, "conversation_new", form=blank_form(request, None), **instead)


@private
@require_GET
def conversation_archived(request: HttpRequest) -> HttpResponse:
    return page(request, "conversation_archived", shelf=shelf(request.user, ARCHIVED))


@private
@require_GET
def conversation_menu(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What can be done with a conversation, for its row; as a page without JavaScript."""
    return _framed(request, "conversation_menu", conversation=own_conversation(request, pk))


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the title stands (``in``: row or head), or on a page of its own."""
    conversation, sent = own_conversation(request, pk), request.method == "POST"
    form = RenameForm(request.POST if sent else None, initial={"title": conversation.title})
    if form.is_valid():
        conversation.rename(form.cleaned_data["title"])
        return changed(request, conversation)
    context = {"conversation": conversation, "form": form, "at": "row" if request.GET.get("in") == "row" else "head"}
    if wants_stream(request):
        return stream(request, "conversation_rename", context)
    return page(request, "conversation_rename", status=422 if sent else 200, **context)


@private
@require_POST
def conversation_organise(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Pin, unpin, archive, or take out of the archive."""
    conversation = own_conversation(request, pk)
    conversation.organise(verb)
    return changed(request, conversation)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Into one of one's folders, or out of all of them."""
    conversation, sent = own_conversation(request, pk), request.method == "POST"
    form = MoveForm(request.POST if sent else None, user=request.user)
    if form.is_valid():
        conversation.move(form.cleaned_data["folder"])
        return changed(request, conversation)
    at = "row" if request.GET.get("in") == "row" else "head"
    status = 422 if sent else 200
    return _framed(request, "conversation_move", status=status, conversation=conversation, form=form, at=at)


@private
@require_POST
def conversation_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Thrown away; it can be brought back for a while."""
    conversation = own_conversation(request, pk)
    for reply in conversation.discard():
        stop_on_commit(reply)
    return changed(request, conversation)


@private
@require_POST
def conversation_restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """With all that was thrown away by the same click; a page that says so when it is too late."""
    conversation = Conversation.objects.thrown_away_by(request.user).filter(pk=pk).first()
    if conversation is None or not conversation.restore():
        return page(request, "conversation_gone", status=404)
    return see(conversation)


def changed(request: HttpRequest, *conversations: Conversation) -> HttpResponse:
    """What the page shows of them now; for a page that cannot stay, another one."""
    if not wants_stream(request) or _was_shown(request, conversations):
        return HttpResponseRedirect(_way_back(request, conversations), status=303)
    many = len(conversations) > MOST_TOLD
    context = {
        "changed": [] if many else conversations,
        "many": many,
        "undoable": Conversation.objects.undoable(request.user),
    }
    return stream(request, "conversations_changed", context)


def _was_shown(request: HttpRequest, conversations: tuple[Conversation, ...]) -> bool:
    """Whether the page that asked shows what is thrown away now."""
    return any(row.discarded_at and row.get_absolute_url() in _came_from(request) for row in conversations)


def _way_back(request: HttpRequest, conversations: tuple[Conversation, ...]) -> str:
    """The list that somebody came from; else the conversation, if there is one to show."""
    came_from = _came_from(request)
    if came_from.startswith(reverse("parley:conversation_archived")):
        return came_from
    if len(conversations) == 1 and not conversations[0].discarded_at:
        return conversations[0].get_absolute_url()
    return reverse("parley:conversation_new")


def _came_from(request: HttpRequest) -> str:
    """The path on this site of the page that asked, or nothing."""
    own = f"{request.scheme}://{request.get_host()}"
    referer = request.headers.get("Referer", "")
    return referer.removeprefix(own) if referer.startswith(f"{own}/") else ""


def _framed(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page, or only its frame for a page that asks for it."""
    context["folders"] = folders(request.user)
    if "Turbo-Frame" in request.headers:
        return render(request, f"parley/{name}.html", {"layout": "parley/frame.html", **context}, status=status)
    return page(request, name, status=status, **context)


def _own_shelf(request: HttpRequest, name: str, after: str) -> Shelf:
    if name.startswith(IN_FOLDER):
        get_object_or_404(Folder.objects.visible_to(request.user), pk=uuid_or_404(name.removeprefix(IN_FOLDER)))
    elif name not in (LISTED, PINNED, ARCHIVED):
        raise Http404
    try:
        return shelf(request.user, name, after)
    except ValueError:
        raise Http404 from None
