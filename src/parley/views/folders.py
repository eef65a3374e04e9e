"""Folders: conversations that share instructions, a model and parameters."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from parley.models import Folder

from . import named
from .base import private


@private
@require_http_methods(["GET", "HEAD", "POST"])
def folder_create(request: HttpRequest) -> HttpResponse:
    return named.create(request, Folder)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def folder_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    return named.edit(request, Folder, pk)


@private
@require_POST
def folder_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its conversations stay, in no folder."""
    named.own(request, Folder, pk).delete()
    return HttpResponseRedirect(reverse("parley:conversation_new"), status=303)


def chosen_folder(request: HttpRequest) -> Folder | None:
    """Where a new conversation is to be, if it is to be in a folder that is still there."""
    pk = request.POST.get("folder") or request.GET.get("folder", "")
    try:
        folder: Folder | None = Folder.objects.visible_to(request.user).filter(pk=UUID(pk)).first()
    except ValueError:
        return None
    return folder
