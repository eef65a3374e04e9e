"""Folders: conversations that share instructions, a model and parameters."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from parley.forms import FolderForm
from parley.models import Folder

from .base import page, private
from .tuning import tuning_form


@private
@require_http_methods(["GET", "HEAD", "POST"])
def folder_create(request: HttpRequest) -> HttpResponse:
    context = tuning_form(request, None, FolderForm)
    form = context["form"]
    if form.is_bound and not Folder.room_for(request.user):
        form.add_error(
            None, _("You have %(most)s folders, and no more are possible. Delete one first.") % {"most": Folder.MOST}
        )
    if form.is_valid():
        owner: Any = request.user
        folder = Folder(owner=owner, name=form.cleaned_data["name"], **form.tuning)
        folder.save(force_insert=True)
        return HttpResponseRedirect(folder.get_absolute_url(), status=303)
    return page(request, "folder_create", status=422 if form.is_bound else 200, **context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def folder_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    folder = own_folder(request, pk)
    context = tuning_form(request, folder, FolderForm)
    form = context["form"]
    if form.is_valid():
        folder.tune(name=form.cleaned_data["name"], **form.tuning)
        return HttpResponseRedirect(folder.get_absolute_url(), status=303)
    return page(request, "folder_edit", status=422 if form.is_bound else 200, folder=folder, **context)


@private
@require_POST
def folder_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its conversations stay, in no folder."""
    own_folder(request, pk).delete()
    return HttpResponseRedirect(reverse("parley:conversation_new"), status=303)


def own_folder(request: HttpRequest, pk: UUID) -> Folder:
    folder: Folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    return folder


def chosen_folder(request: HttpRequest) -> Folder | None:
    """Where a new conversation is to be, if it is to be in a folder that is still there."""
    pk = request.POST.get("folder") or request.GET.get("folder", "")
    try:
        folder: Folder | None = Folder.objects.visible_to(request.user).filter(pk=UUID(pk)).first()
    except ValueError:
        return None
    return folder
