"""What a person may type."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .conf import conf
from .models import Folder, Preset
from .models.organised import MOST_AT_ONCE
from .models.tuned import MOST_TOKENS, PARAMETERS, Tuned, may_ask
from .positions import LAST, MOST_FOLLOWED, parse_position
from .text import clean


class QuestionForm(forms.Form):
    """A question: not blank, at most MAX_QUESTION_LENGTH characters."""

    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 1}),
        error_messages={"required": _("Write a message first.")},
    )

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    preset = forms.UUIDField(required=False, widget=forms.HiddenInput)
    editing = forms.UUIDField(required=False, widget=forms.HiddenInput)
    below = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        text = clean(self.cleaned_data["text"])
        if not text.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        limit = conf.MAX_QUESTION_LENGTH
        if len(text) > limit:
            raise forms.ValidationError(
                _(
                    "This message has %(length)s characters; at most %(limit)s can be sent. "
                    "Shorten it, or send it in parts."
                ),
                params={"length": len(text), "limit": limit},
            )
        return text


class RegenerateForm(forms.Form):
    """Whom to ask for another answer; empty: the conversation's model."""

    model = forms.CharField(label=_("Model"), required=False, max_length=200)

    def clean_model(self) -> str:
        name = clean(self.cleaned_data["model"])
        if name and not may_ask(name):
            raise forms.ValidationError(
                _("There is no model “%(name)s” to choose. Choose one of the list."), params={"name": name}
            )
        return name


class DraftForm(forms.Form):
    conversation = forms.UUIDField(required=False)
    text = forms.CharField(required=False, strip=False)

    def clean_text(self) -> str:
        return clean(self.cleaned_data["text"])[: conf.LONGEST_DRAFT]


class CatchUpForm(forms.Form):
    """What a page shows: a conversation or none, the feed's version, and replies: follow=<id>@<attempt>-<seq>&…"""

    conversation = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0, max_value=LAST)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            pairs = [follow.split("@") for follow in cast(QueryDict, self.data).getlist("follow")[:MOST_FOLLOWED]]
            cleaned["follow"] = {UUID(reply): parse_position(position) for reply, position in pairs}
        except ValueError:
            raise forms.ValidationError("follow must be <reply id>@<attempt>-<seq>.") from None
        return cleaned


class ShareForm(forms.Form):
    """What a new link shows besides questions and answers, and how long it lasts; the fields are what Share.of takes."""

    instructions = forms.BooleanField(label=_("Show the instructions"), required=False)
    reasoning = forms.BooleanField(label=_("Show the reasoning of the model"), required=False)
    lasts = forms.TypedChoiceField(
        label=_("The link ends"),
        choices=[("1", _("after a day")), ("7", _("after 7 days")), ("30", _("after 30 days")), ("never", _("never"))],
        coerce=lambda days: None if days == "never" else timedelta(days=int(days)),
        initial="30",
        error_messages={"required": _("Choose when the link ends."), "invalid_choice": _("Choose when the link ends.")},
    )


class TuningForm(forms.Form):
    """Whom to ask, and how: a model, instructions and parameters. What is left empty is not set.

    ``tuned``: what has these settings now, if anything; ``models``: the names that may be chosen.
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
        max_value=MOST_TOKENS,
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
        ],
        help_text=_("For models that think before they answer."),
    )

    def __init__(self, data: Any = None, *, tuned: Tuned | None = None, models: Iterable[str] = ()) -> None:
        initial = {**tuned.tuning, **tuned.tuning["parameters"]} if tuned else {}
        super().__init__(data, initial=initial)
        cast(forms.ChoiceField, self.fields["model"]).choices = _choices(tuned, [*models])
        if not conf.MODELS_UNLISTED:
            del self.fields["unlisted"]

    def clean_unlisted(self) -> str:
        name = clean(self.cleaned_data["unlisted"]).strip()
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
        if self.cleaned_data["top_p"] is not None and self.cleaned_data["top_p"] <= 0:
            raise forms.ValidationError(_("Top-p is above 0. Leave it empty for the model's own."))
        return self.cleaned_data["top_p"]

    @property
    def tuning(self) -> dict[str, Any]:
        """What ``Tuned.tune`` takes, of a form that is valid."""
        said = self.cleaned_data
        parameters = {name: _plain(said[name]) for name in PARAMETERS if said.get(name) not in (None, "")}
        model = said.get("unlisted") or said.get("model", "")
        return {"model": model, "instructions": said.get("instructions", ""), "parameters": parameters}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _choices(tuned: Tuned | None, models: list[str]) -> list[tuple[str, Any]]:
    """The default, what is chosen now though nobody has it any more, and the models."""
    default = format_lazy(_("Default ({model})"), model=tuned.model_beneath if tuned else conf.MODEL)
    gone = [tuned.model] if tuned and tuned.model and tuned.model not in models else []
    missing = [(name, format_lazy(_("{model} (not offered now)"), model=name)) for name in gone]
    return [("", default), *missing, *((name, name) for name in models)]


class PresetForm(TuningForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Give the preset a name.")},
    )

    field_order = ("name",)

    def __init__(self, data: Any = None, *, tuned: Preset | None = None, models: Iterable[str] = ()) -> None:
        super().__init__(data, tuned=tuned, models=models)
        self.initial["name"] = tuned.name if tuned else ""

    def clean_name(self) -> str:
        return " ".join(clean(self.cleaned_data["name"]).split())


class ImportForm(forms.Form):
    """An archive or a JSON file, at most LARGEST_IMPORT bytes."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".zip,.json,application/zip,application/json"}),
        error_messages={
            "required": _("Choose a file first."),
            "missing": _("Choose a file first."),
            "empty": _("This file is empty. Choose another one."),
        },
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > conf.LARGEST_IMPORT:
            raise forms.ValidationError(too_large(conf.LARGEST_IMPORT))
        return file

    @property
    def cleaned_name(self) -> str:
        return clean(self.cleaned_data["file"].name)[:200]


def too_large(limit: int) -> str:
    return _("This file is larger than %(limit)s, which is the most that can be imported.") % {
        "limit": filesizeformat(limit)
    }


class RenameForm(forms.Form):
    """A title of one line."""

    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        error_messages={"required": _("Write a title, or press Esc to keep the one there was.")},
    )

    def clean_title(self) -> str:
        return " ".join(clean(self.cleaned_data["title"]).split())


class OwnFolderField(forms.ModelChoiceField):
    """A folder of the person's own; empty for none."""

    def __init__(self) -> None:
        gone = _("This folder is not there any more. Choose another one.")
        super().__init__(
            Folder.objects.none(), label=_("Folder"), required=False, error_messages={"invalid_choice": gone}
        )


class MoveForm(forms.Form):
    folder = OwnFolderField()

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        cast(OwnFolderField, self.fields["folder"]).queryset = Folder.objects.visible_to(user)


class SelectionForm(MoveForm):
    """What to do with the conversations that are selected, at most MOST_AT_ONCE."""

    do = forms.ChoiceField(choices=[(verb, verb) for verb in ("archive", "unarchive", "move", "delete")])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["conversation"] = {UUID(pk) for pk in cast(QueryDict, self.data).getlist("conversation")}
        except ValueError:
            raise forms.ValidationError(_("One of these is no conversation. Load the page again.")) from None
        if not cleaned["conversation"]:
            raise forms.ValidationError(_("Select at least one conversation first."))
        if len(cleaned["conversation"]) > MOST_AT_ONCE:
            raise forms.ValidationError(
                _("You have selected %(count)s conversations; at most %(most)s can be changed at once. Select fewer."),
                params={"count": len(cleaned["conversation"]), "most": MOST_AT_ONCE},
            )
        return cleaned


class FolderForm(PresetForm):
    """A folder's name, and what holds for its conversations."""

    def __init__(self, data: Any = None, *, tuned: Folder | None = None, models: Iterable[str] = ()) -> None:
        super().__init__(data, tuned=cast(Preset | None, tuned), models=models)
        self.fields["name"].error_messages["required"] = _("Give the folder a name.")
