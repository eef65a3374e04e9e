"""Folders and presets: making, changing and deleting them, and the list of presets."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms import NamedForm
from parley.models import Preset
from parley.models.named import Named

from .base import page, private, redirect_to
from .generation_settings import generation_settings_form


@private
@require_GET
def preset_list(request: HttpRequest) -> HttpResponse:
    """Show all presets of a person."""
    return page(request, "preset_list", presets=Preset.objects.visible_to(request.user), most=Preset.LIMIT)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def named_create(request: HttpRequest, kind: type[Named]) -> HttpResponse:
    """Make a folder or a preset, on a page of its own."""
    owner: Any = request.user
    return _save(request, kind(owner=owner))


@private
@require_http_methods(["GET", "HEAD", "POST"])
def named_edit(request: HttpRequest, kind: type[Named], pk: UUID) -> HttpResponse:
    """Change a folder or a preset, on a page of its own."""
    row: Named = get_object_or_404(kind.objects.visible_to(request.user), pk=pk)
    return _save(request, row, **{str(kind._meta.model_name): row})


@private
@require_POST
def named_delete(request: HttpRequest, kind: type[Named], pk: UUID) -> HttpResponse:
    """Delete a folder or a preset; conversations that were in it, or began with it, stay as they are."""
    get_object_or_404(kind.objects.visible_to(request.user), pk=pk).delete()
    return redirect_to("parley:preset_list" if kind is Preset else "parley:conversation_new")


def _save(request: HttpRequest, row: Named, **shown: Named) -> HttpResponse:
    context = generation_settings_form(request, row, NamedForm)
    form, name = context["form"], f"{row._meta.model_name}_{'edit' if shown else 'create'}"
    if form.is_bound and not shown and not row.has_capacity(request.user):
        form.add_error(None, row.FULL % {"most": row.LIMIT})
    if form.is_valid():
        row.set_generation_settings(name=form.cleaned_data["name"], **form.generation_settings)
        return redirect_to(row.saved_url)
    return page(request, name, status=422 if form.is_bound else 200, **shown, **context)
