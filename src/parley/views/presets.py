"""Presets: kept by name, and started from."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.models import Preset

from . import named
from .base import page, private
from .conversations import blank_form
from .folders import chosen_folder
from .tuning import start_choices


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
    choices = start_choices(request, into, named.own(request, Preset, pk))
    return page(request, "conversation_new", form=blank_form(request, None), into=into, **choices)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def preset_create(request: HttpRequest) -> HttpResponse:
    return named.create(request, Preset)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def preset_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    return named.edit(request, Preset, pk)


@private
@require_POST
def preset_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Conversations that began with it keep what they copied."""
    named.own(request, Preset, pk).delete()
    return HttpResponseRedirect(reverse("parley:preset_list"), status=303)
