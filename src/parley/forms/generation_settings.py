"""Generation settings of a conversation, a preset or a folder."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.models.generation_settings import MAX_TOKENS, PARAMETERS, GenerationSettings, may_ask
from parley.models.named import Named
from parley.text import clean, clean_line

from .organising import one_line


class GenerationSettingsForm(forms.Form):
    """A model, instructions and parameters; an empty field is not set.

    ``instance``: the row that has these settings now, if any; ``models``: the names that may be chosen.
    """

    model = forms.ChoiceField(
        label=_("Model"),
        required=False,
        error_messages={"invalid_choice": _("There is no model “%(value)s” to choose. Choose one of the list.")},
    )
    unlisted = forms.CharField(
        label=_("Another model, by name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_("The system prompt: what the model is told before the first question."),
    )
    temperature = forms.FloatField(
        label=_("Temperature"),
        required=False,
        min_value=0,
        max_value=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text=_("0 to 2. Higher is more surprising."),
    )
    top_p = forms.FloatField(
        label=_("Top-p"),
        required=False,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "any", "min": 0, "inputmode": "decimal"}),
        help_text=_("Above 0, up to 1. Lower keeps to likely words."),
    )
    max_tokens = forms.IntegerField(
        label=_("Most tokens"),
        required=False,
        min_value=1,
        max_value=MAX_TOKENS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("An answer ends when it has this many."),
    )
    reasoning_effort = forms.ChoiceField(
        label=_("Reasoning effort"),
        required=False,
        choices=[
            ("", _("Not set")),
            ("none", _("None")),
            ("minimal", _("Minimal")),
            ("low", _("Low")),
            ("medium", _("Medium")),
            ("high", _("High")),
            ("xhigh", _("Extra high")),
        ],
        help_text=_("For models that think before they answer."),
    )

    def __init__(
        self, data: Any = None, *, instance: GenerationSettings | None = None, models: Iterable[str] = ()
    ) -> None:
        initial = {**instance.generation_settings, **instance.generation_settings["parameters"]} if instance else {}
        super().__init__(data, initial=initial)
        cast(forms.ChoiceField, self.fields["model"]).choices = _choices(instance, [*models])
        if not conf.MODELS_UNLISTED:
            del self.fields["unlisted"]

    def clean_unlisted(self) -> str:
        name = clean_line(self.cleaned_data["unlisted"], 200)
        if name and not may_ask(name):
            raise forms.ValidationError(_("The model “%(model)s” may not be used here."), params={"model": name})
        return name

    def clean_instructions(self) -> str:
        text = clean(self.cleaned_data["instructions"])
        if len(text) > conf.MAX_QUESTION_LENGTH:
            raise forms.ValidationError(
                _("These instructions have %(length)s characters; at most %(limit)s are possible. Shorten them."),
                params={"length": len(text), "limit": conf.MAX_QUESTION_LENGTH},
            )
        return text if text.strip() else ""

    def clean_top_p(self) -> float | None:
        """Raise ValidationError for 0 and below: Django has no bound that is left out."""
        top_p: float | None = self.cleaned_data["top_p"]
        if top_p is not None and top_p <= 0:
            raise forms.ValidationError(_("Top-p is above 0. Leave it empty for the model's own."))
        return top_p

    @property
    def generation_settings(self) -> dict[str, Any]:
        """Return the arguments of ``GenerationSettings.set_generation_settings``, of a form that is valid."""
        cleaned = self.cleaned_data
        parameters = {name: _plain(cleaned[name]) for name in PARAMETERS if cleaned.get(name) not in (None, "")}
        model = cleaned.get("unlisted") or cleaned.get("model", "")
        return {"model": model, "instructions": cleaned.get("instructions", ""), "parameters": parameters}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _choices(instance: GenerationSettings | None, models: list[str]) -> list[tuple[str, Any]]:
    """Return the default, the model that is chosen now even where it is not offered, and the models."""
    default = format_lazy(_("Default ({model})"), model=instance.fallback_model if instance else conf.MODEL)
    unlisted_now = [instance.model] if instance and instance.model and instance.model not in models else []
    missing = [(name, format_lazy(_("{model} (not offered now)"), model=name)) for name in unlisted_now]
    return [("", default), *missing, *((name, name) for name in models)]


class NamedForm(GenerationSettingsForm):
    """Generation settings with the name of a folder or a preset."""

    name = forms.CharField(
        label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )

    field_order = ("name",)

    def __init__(self, data: Any = None, *, instance: Named, models: Iterable[str] = ()) -> None:
        super().__init__(data, instance=instance, models=models)
        self.initial["name"] = instance.name
        self.fields["name"].error_messages["required"] = instance.NAMELESS

    def clean_name(self) -> str:
        return one_line(self, "name")
