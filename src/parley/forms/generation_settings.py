"""Generation settings of a conversation, a preset or a folder."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from parley.choice import name_of
from parley.conf import conf
from parley.models.connection import default_choice
from parley.models.generation_settings import MAX_TOKENS, PARAMETERS, GenerationSettings, may_ask
from parley.models.named import Named
from parley.text import clean, clean_line

from .organising import one_line

Groups = Sequence[tuple[str, Mapping[str, str]]]
"""Headings with the choices under them: {choice: label}."""
MAX_SHOWN, LEAST_SHOWN = 200, 10
"""Choices that a select shows of all groups together, and at least of each."""


def cut(groups: Groups, also: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the options of a select: the first choices of each group, and the choice ``also`` where it is offered.

    >>> cut([("Gateway", {"gateway::llama": "llama", "gateway::gpt-5": "gpt-5"})])
    [('Gateway', [('gateway::llama', 'llama'), ('gateway::gpt-5', 'gpt-5')])]
    """
    most = max(LEAST_SHOWN, MAX_SHOWN // max(1, len(groups)))
    shown = [(name, enumerate(choices.items())) for name, choices in groups]
    return [(name, [each for at, each in options if at < most or each[0] == also]) for name, options in shown]


def instructions_field(label: Any, help_text: Any, *, rows: int) -> forms.CharField:
    """Return a field for what is sent before the first question."""
    widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
    return forms.CharField(label=label, required=False, strip=False, widget=widget, help_text=help_text)


def within(limit: int, typed: str) -> str:
    """Return instructions as they are kept. Raises ValidationError for more than ``limit`` characters."""
    text = clean(typed)
    if len(text) > limit:
        raise forms.ValidationError(
            _("These instructions have %(length)s characters; at most %(limit)s are possible. Shorten them."),
            params={"length": len(text), "limit": limit},
        )
    return text if text.strip() else ""


class ModelField(forms.ChoiceField):
    """A select of models that takes each model that is ``offered``, though it cannot show them all."""

    offered: frozenset[str] = frozenset()

    def valid_value(self, value: Any) -> bool:
        return value in self.offered or super().valid_value(value)


class ModelSelect(forms.Select):
    """A select of models that marks those that take no pictures: ``without_pictures``, their choices."""

    without_pictures: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.without_pictures:
            option["attrs"]["data-pictures"] = "no"
        return option


class GenerationSettingsForm(forms.Form):
    """A model, instructions and parameters; an empty field is not set.

    ``instance``: the row that has these settings now, if any; ``models``: what may be chosen; ``user``: who chooses.
    """

    model = ModelField(
        label=_("Model"),
        required=False,
        widget=ModelSelect(attrs={"data-picker-target": "select"}),
        error_messages={"invalid_choice": _("There is no model “%(value)s” to choose. Choose one of the list.")},
    )
    unlisted = forms.CharField(
        label=_("Another model, by name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    instructions = instructions_field(
        _("Instructions"), _("The system prompt: what the model is told before the first question."), rows=6
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
        self, data: Any = None, *, instance: GenerationSettings | None = None, models: Groups = (), user: Any = None
    ) -> None:
        initial = {**instance.generation_settings, **instance.generation_settings["parameters"]} if instance else {}
        super().__init__(data, initial=initial)
        self.user = user
        model = cast(ModelField, self.fields["model"])
        model.offered = frozenset(choice for _, choices in models for choice in choices)
        model.choices = _choices(instance, model.offered, cut(models, str(self["model"].value() or "")))
        if not conf.MODELS_UNLISTED:
            del self.fields["unlisted"]

    def clean_unlisted(self) -> str:
        name = clean_line(self.cleaned_data["unlisted"], 200)
        if name and not may_ask(name, self.user):
            raise forms.ValidationError(_("The model “%(model)s” may not be used here."), params={"model": name})
        return name

    def clean_instructions(self) -> str:
        return within(conf.MAX_QUESTION_LENGTH, self.cleaned_data["instructions"])

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


def _choices(
    instance: GenerationSettings | None, offered: frozenset[str], groups: list[tuple[str, list[tuple[str, str]]]]
) -> list[tuple[str, Any]]:
    """Return the default, the model that is chosen now even where it is not offered, and the groups of models."""
    fallback = instance.fallback_model if instance else default_choice()
    default = format_lazy(_("Default ({model})"), model=name_of(fallback))
    missing = [instance.model] if instance and instance.model and instance.model not in offered else []
    gone = [(choice, format_lazy(_("{model} (not offered now)"), model=name_of(choice))) for choice in missing]
    return [("", default), *gone, *(groups[0][1] if len(groups) == 1 else groups)]


class NamedForm(GenerationSettingsForm):
    """Generation settings with the name of a folder or a preset."""

    name = forms.CharField(
        label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )

    field_order = ("name",)

    def __init__(self, data: Any = None, *, instance: Named, **offered: Any) -> None:
        super().__init__(data, instance=instance, **offered)
        self.initial["name"] = instance.name
        self.fields["name"].error_messages["required"] = instance.NAMELESS

    def clean_name(self) -> str:
        return one_line(self, "name")
