"""The list of presets, and starting from one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from parley.models import Preset

from .base import page, private
from .conversations import blank_form
from .tuning import chosen_folder, start_choices


@private
@require_GET
def preset_list(request: HttpRequest) -> HttpResponse:
    """Show all presets of a person."""
    presets = Preset.objects.visible_to(request.user)
    return page(request, "preset_list", presets=presets, most=Preset.MOST)


@private
@require_GET
def preset_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the page of a new conversation, with a preset chosen."""
    into = chosen_folder(request)
    choices = start_choices(request, into, get_object_or_404(Preset.objects.visible_to(request.user), pk=pk))
    return page(request, "conversation_new", form=blank_form(request, None), into=into, **choices)
