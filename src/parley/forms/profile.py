"""What a person has set for all of their conversations, and the switch of one that leaves it out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parley.models import Conversation, Profile
from parley.models.profile import LONGEST

from .generation_settings import GenerationSettingsForm, instructions_field, within
from .organising import one_line

OWN = ("name", "about", "style", "enter_sends")
"""Fields of a profile as they are; the model has two fields here."""


class ProfileForm(GenerationSettingsForm):
    """The name, the model to begin with, and what is sent in all conversations. ``models``: what may be chosen."""

    instructions = temperature = top_p = max_tokens = reasoning_effort = None  # type: ignore[assignment]

    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "dir": "auto"}),
        help_text=_("Shown in the corner of the sidebar, to you alone."),
        error_messages={"max_length": _("A name has at most %(limit_value)d characters. Shorten it.")},
    )
    about = instructions_field(
        _("About me"), _("What the model should know of you: what you do, what you know, what you need."), rows=4
    )
    style = instructions_field(_("How to answer"), _("Long or short, plain or precise, in which language."), rows=4)
    enter_sends = forms.BooleanField(
        label=_("Enter sends"),
        required=False,
        help_text=_("Otherwise Enter begins a new line, and Ctrl+Enter sends, on a Mac ⌘+Enter."),
    )

    field_order = ("name", "about", "style", "model", "unlisted", "enter_sends")

    def __init__(self, data: Any = None, *, instance: Profile, **offered: Any) -> None:
        super().__init__(data, instance=Conversation(model=instance.model), **offered)
        self.initial.update({name: getattr(instance, name) for name in OWN})
        self.fields["model"].label = _("Model for new conversations")

    def clean_name(self) -> str:
        name = one_line(self, "name")
        if self.cleaned_data["name"] and not name:
            raise forms.ValidationError(_("Nothing of this name can be seen. Type another one, or none."))
        return name

    def clean_about(self) -> str:
        return within(LONGEST, self.cleaned_data["about"])

    def clean_style(self) -> str:
        return within(LONGEST, self.cleaned_data["style"])

    @property
    def values(self) -> dict[str, Any]:
        """Return the arguments of ``Profile.change``, of a form that is valid."""
        own = {name: self.cleaned_data[name] for name in OWN}
        return {**own, "model": self.generation_settings["model"]}


class ConversationForm(GenerationSettingsForm):
    """Generation settings of a conversation, which may leave the personal instructions out."""

    without_profile = forms.BooleanField(
        label=_("Leave out “About me” and “How to answer”"),
        required=False,
        help_text=_("What your settings say of you is not sent in this conversation."),
    )

    def __init__(self, data: Any = None, *, instance: Conversation, **offered: Any) -> None:
        super().__init__(data, instance=instance, **offered)
        self.initial["without_profile"] = instance.without_profile

    @property
    def generation_settings(self) -> dict[str, Any]:
        return {**super().generation_settings, "without_profile": self.cleaned_data.get("without_profile", False)}
