"""What forms that choose a model and parameters have in common."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from parley.forms import QuestionForm, TuningForm
from parley.models import Conversation, Folder, Preset
from parley.models.tuned import Tuned
from parley.tasks import offered_models

MOST_SHOWN = 6
"""Presets beside the composer; all of them have a page of their own."""


def tuning_form(request: HttpRequest, tuned: Tuned | None, kind: type[TuningForm] = TuningForm) -> dict[str, Any]:
    """``form``, as it was sent if it was sent, and the ``offer`` of models in it."""
    offer = offered_models()
    data = request.POST if request.method == "POST" else None
    return {"form": kind(data, tuned=tuned, models=offer.names), "offer": offer}


def start_choices(request: HttpRequest, into: Folder | None = None, preset: Preset | None = None) -> dict[str, Any]:
    """What a new conversation may begin with: ``presets`` to choose from, the ``preset`` that is, and ``tuning``."""
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
    """(choices, what the new conversation begins with): the preset's, and the model. None when a form has mistakes."""
    pk = form.cleaned_data.get("preset") if form.is_valid() else request.POST.get("preset")
    preset = _own_preset_or_none(request, pk)
    if form.is_valid() and pk and not preset:
        form.add_error("text", _("This preset was deleted. Send the message again, without it."))
    choices = start_choices(request, into, preset)
    model = choices["tuning"]
    if not form.is_valid() or (model.is_bound and not model.is_valid()):
        return choices, None
    tuning = preset.tuning if preset else {}
    return choices, {**tuning, **({"model": model.tuning["model"]} if model.is_bound else {})}


def _own_preset_or_none(request: HttpRequest, pk: Any) -> Preset | None:
    try:
        return Preset.objects.visible_to(request.user).filter(pk=pk).first() if pk else None
    except ValidationError:
        return None
