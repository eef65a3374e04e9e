"""The sections of conversations, and the verbs that move a conversation between them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms.organising import MoveForm, RenameForm
from parley.models import Conversation, Folder
from parley.models.organised import ARCHIVED, IN_FOLDER, LISTED, PINNED
from parley.requests import stop_on_commit

from .base import (
    fragment,
    framed,
    own_conversation,
    page,
    private,
    redirect_to,
    stream,
    uuid_or_404,
    wants_frame,
    wants_stream,
)
from .conversations import blank_form
from .sections import Section, folders, frame_of, section

MAX_UPDATES = 50
"""Changed conversations that are sent one by one; after more the page is loaded again."""


@private
@require_GET
def conversation_list(request: HttpRequest) -> HttpResponse:
    """Show more rows of a section, for the frame below it; without JavaScript, a page that begins with them."""
    after = request.GET.get("after", "")
    found = _own_section(request, request.GET.get("section", LISTED), after)
    if wants_frame(request):
        return fragment(request, "conversation_list", section=found, frame=frame_of(found.name, after))
    if found.name == ARCHIVED:
        return page(request, "conversation_archived", section=found)
    instead: dict[str, Any] = {{LISTED: "listed", PINNED: "pinned"}.get(found.name, "opened"): found}
    return page(request, "conversation_new", form=blank_form(request, None), **instead)


@private
@require_GET
def conversation_archived(request: HttpRequest) -> HttpResponse:
    """Show the archive."""
    return page(request, "conversation_archived", section=section(request.user, ARCHIVED))


@private
@require_GET
def conversation_menu(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what can be done with a conversation; without JavaScript as a page."""
    conversation = own_conversation(request, pk)
    return framed(request, "conversation_menu", conversation=conversation, folders=folders(request.user))


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Rename in the place of the title (``?in=``: row or head), or on a page of its own."""
    conversation, sent = own_conversation(request, pk), request.method == "POST"
    form = RenameForm(request.POST if sent else None, initial={"title": conversation.title})
    if form.is_valid():
        conversation.rename(form.cleaned_data["title"])
        return changed(request, conversation)
    context = {"conversation": conversation, "form": form, "at": _place_of(request)}
    if wants_stream(request):
        return stream("conversation_rename", context)
    return page(request, "conversation_rename", status=422 if sent else 200, **context)


@private
@require_POST
def conversation_organise(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Pin, unpin, archive or unarchive."""
    conversation = own_conversation(request, pk)
    conversation.organise(verb)
    return changed(request, conversation)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def conversation_move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move into a folder of the person's own, or out of all folders."""
    conversation, sent = own_conversation(request, pk), request.method == "POST"
    form = MoveForm(request.POST if sent else None, user=request.user)
    if form.is_valid():
        conversation.move(form.cleaned_data["folder"])
        return changed(request, conversation)
    shown: dict[str, Any] = {"form": form, "at": _place_of(request), "folders": folders(request.user)}
    return framed(request, "conversation_move", status=422 if sent else 200, conversation=conversation, **shown)


@private
@require_POST
def conversation_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move to the trash, from which it can be restored for a while."""
    conversation = own_conversation(request, pk)
    for reply in conversation.soft_delete():
        stop_on_commit(reply)
    return changed(request, conversation)


@private
@require_POST
def conversation_restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Restore with all that the same click deleted; when it is too late, show a page that says so."""
    conversation = Conversation.objects.trashed_by(request.user).filter(pk=pk).first()
    if conversation is None or not conversation.restore():
        return page(request, "conversation_gone", status=404)
    return redirect_to(conversation)


def changed(request: HttpRequest, *conversations: Conversation, **shown: Any) -> HttpResponse:
    """Show the conversations as they are now; a page that cannot stay is left for another.

    ``shown``: what else the template shows, as ``model_chosen`` and ``takes_pictures``, which the feed does not know.
    """
    if not wants_stream(request) or _was_shown(request, conversations):
        return redirect_to(_way_back(request, conversations))
    many = len(conversations) > MAX_UPDATES
    context = {
        "changed": [] if many else conversations,
        "many": many,
        "undoable": Conversation.objects.undoable(request.user),
        **shown,
    }
    return stream("conversations_changed", context)


def _was_shown(request: HttpRequest, conversations: tuple[Conversation, ...]) -> bool:
    """Whether the page that asked shows a conversation that is in the trash now."""
    return any(row.deleted_at and row.get_absolute_url() in _came_from(request) for row in conversations)


def _way_back(request: HttpRequest, conversations: tuple[Conversation, ...]) -> str:
    """Return the address of the archive for who came from there; else of the conversation, if there is one to show."""
    came_from = _came_from(request)
    if came_from.startswith(reverse("parley:conversation_archived")):
        return came_from
    if len(conversations) == 1 and not conversations[0].deleted_at:
        return conversations[0].get_absolute_url()
    return reverse("parley:conversation_new")


def _came_from(request: HttpRequest) -> str:
    """Return the path on this site of the page that asked, or ""."""
    own = f"{request.scheme}://{request.get_host()}"
    referer = request.headers.get("Referer", "")
    return referer.removeprefix(own) if referer.startswith(f"{own}/") else ""


def _place_of(request: HttpRequest) -> str:
    return "row" if request.GET.get("in") == "row" else "head"


def _own_section(request: HttpRequest, name: str, after: str) -> Section:
    if name.startswith(IN_FOLDER):
        get_object_or_404(Folder.objects.visible_to(request.user), pk=uuid_or_404(name.removeprefix(IN_FOLDER)))
    elif name not in (LISTED, PINNED, ARCHIVED):
        raise Http404
    try:
        return section(request.user, name, after)
    except ValueError:
        raise Http404 from None
