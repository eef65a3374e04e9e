"""Presets: kept by name, and started from."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms import PresetForm
from parley.models import Preset

from .base import page, private
from .conversations import blank_form
from .folders import chosen_folder
from .tuning import start_choices, tuning_form


@private
@require_GET
def preset_list(request: HttpRequest) -> HttpResponse:
    presets = Preset.objects.visible_to(request.user)
    return page(request, "preset_list", presets=presets, most=Preset.MOST)


@private
@require_GET
def preset_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page of a new conversation, with a preset chosen."""
    into = chosen_folder(request)
    choices = start_choices(request, into, _own_preset(request, pk))
    return page(request, "conversation_new", form=blank_form(request, None), into=into, **choices)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def preset_create(request: HttpRequest) -> HttpResponse:
    context = tuning_form(request, None, PresetForm)
    form = context["form"]
    if form.is_bound and not Preset.room_for(request.user):
        form.add_error(
            None, _("You have %(most)s presets, and no more are possible. Delete one first.") % {"most": Preset.MOST}
        )
    if form.is_valid():
        Preset.keep(request.user, form.cleaned_data["name"], **form.tuning)
        return _see_presets()
    return page(request, "preset_create", status=422 if form.is_bound else 200, **context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def preset_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    preset = _own_preset(request, pk)
    context = tuning_form(request, preset, PresetForm)
    form = context["form"]
    if form.is_valid():
        preset.tune(name=form.cleaned_data["name"], **form.tuning)
        return _see_presets()
    return page(request, "preset_edit", status=422 if form.is_bound else 200, preset=preset, **context)


@private
@require_POST
def preset_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Conversations that began with it keep what they copied."""
    _own_preset(request, pk).delete()
    return _see_presets()


def _own_preset(request: HttpRequest, pk: UUID) -> Preset:
    preset: Preset = get_object_or_404(Preset.objects.visible_to(request.user), pk=pk)
    return preset


def _see_presets() -> HttpResponse:
    return HttpResponseRedirect(reverse("parley:preset_list"), status=303)
