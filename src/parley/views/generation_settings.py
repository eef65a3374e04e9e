"""The choice of a model and parameters, in forms and for new conversations."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from parley.forms import GenerationSettingsForm, QuestionForm
from parley.models import Conversation, Folder, Preset
from parley.models.generation_settings import GenerationSettings
from parley.requests import offered_models

from .base import own_or_none

MAX_SHOWN = 6
"""Presets beside the composer; another page has all."""


def generation_settings_form(
    request: HttpRequest,
    instance: GenerationSettings | None,
    kind: type[GenerationSettingsForm] = GenerationSettingsForm,
) -> dict[str, Any]:
    """Return ``form``, with what was sent if it was sent, and the ``offer`` of models in it."""
    offer = offered_models()
    data = request.POST if request.method == "POST" else None
    return {"form": kind(data, instance=instance, models=offer.names), "offer": offer}


def start_choices(request: HttpRequest, into: Folder | None = None, preset: Preset | None = None) -> dict[str, Any]:
    """Return the choices of a new conversation: ``presets``, ``preset``, the form ``generation_settings``."""
    data = request.POST if "model" in request.POST else None
    presets = list(Preset.objects.visible_to(request.user).defer("instructions")[: MAX_SHOWN + 1])
    instance = Conversation(folder=into, **(preset.generation_settings if preset else {}))
    generation_settings = GenerationSettingsForm(data, instance=instance, models=offered_models().names)
    return {
        "presets": presets[:MAX_SHOWN],
        "more_presets": len(presets) > MAX_SHOWN,
        "preset": preset,
        "generation_settings": generation_settings,
    }


def chosen_generation_settings(
    request: HttpRequest, form: QuestionForm, into: Folder | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return (choices, settings of the new conversation): the preset's, and the model; None where a form has errors."""
    pk = form.cleaned_data.get("preset") if form.is_valid() else request.POST.get("preset")
    preset: Preset | None = own_or_none(request, Preset, pk)
    if form.is_valid() and pk and not preset:
        form.add_error("text", _("This preset was deleted. Send the message again, without it."))
    choices = start_choices(request, into, preset)
    model = choices["generation_settings"]
    if not form.is_valid() or (model.is_bound and not model.is_valid()):
        return choices, None
    generation_settings = preset.generation_settings if preset else {}
    return choices, {**generation_settings, **({"model": model.generation_settings["model"]} if model.is_bound else {})}


def chosen_folder(request: HttpRequest) -> Folder | None:
    """Return the folder for a new conversation, if the request names one that is still there."""
    folder: Folder | None = own_or_none(request, Folder, request.POST.get("folder") or request.GET.get("folder"))
    return folder
