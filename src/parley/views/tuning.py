"""The choice of a model and parameters, in forms and for new conversations."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from parley.forms import QuestionForm, TuningForm
from parley.models import Conversation, Folder, Preset
from parley.models.tuned import Tuned
from parley.tasks import offered_models

from .base import own_or_none

MOST_SHOWN = 6
"""Presets beside the composer; another page has all."""


def tuning_form(request: HttpRequest, tuned: Tuned | None, kind: type[TuningForm] = TuningForm) -> dict[str, Any]:
    """Return ``form``, with what was sent if it was sent, and the ``offer`` of models in it."""
    offer = offered_models()
    data = request.POST if request.method == "POST" else None
    return {"form": kind(data, tuned=tuned, models=offer.names), "offer": offer}


def start_choices(request: HttpRequest, into: Folder | None = None, preset: Preset | None = None) -> dict[str, Any]:
    """Return the choices of a new conversation: ``presets``, the chosen ``preset``, and the form ``tuning``."""
    data = request.POST if "model" in request.POST else None
    presets = list(Preset.objects.visible_to(request.user).defer("instructions")[: MOST_SHOWN + 1])
    tuned = Conversation(folder=into, **(preset.tuning if preset else {}))
    tuning = TuningForm(data, tuned=tuned, models=offered_models().names)
    return {
        "presets": presets[:MOST_SHOWN],
        "more_presets": len(presets) > MOST_SHOWN,
        "preset": preset,
        "tuning": tuning,
    }


def chosen_tuning(
    request: HttpRequest, form: QuestionForm, into: Folder | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return (choices, settings of the new conversation): the preset's, and the model; None where a form has errors."""
    pk = form.cleaned_data.get("preset") if form.is_valid() else request.POST.get("preset")
    preset: Preset | None = own_or_none(request, Preset, pk)
    if form.is_valid() and pk and not preset:
        form.add_error("text", _("This preset was deleted. Send the message again, without it."))
    choices = start_choices(request, into, preset)
    model = choices["tuning"]
    if not form.is_valid() or (model.is_bound and not model.is_valid()):
        return choices, None
    tuning = preset.tuning if preset else {}
    return choices, {**tuning, **({"model": model.tuning["model"]} if model.is_bound else {})}


def chosen_folder(request: HttpRequest) -> Folder | None:
    """Return the folder for a new conversation, if the request names one that is still there."""
    folder: Folder | None = own_or_none(request, Folder, request.POST.get("folder") or request.GET.get("folder"))
    return folder
