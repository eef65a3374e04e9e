"""What a person may type."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .conf import conf
from .positions import MOST_FOLLOWED, parse_position
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
    editing = forms.UUIDField(required=False, widget=forms.HiddenInput)

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


class DraftForm(forms.Form):
    conversation = forms.UUIDField(required=False)
    text = forms.CharField(required=False, strip=False)

    def clean_text(self) -> str:
        return clean(self.cleaned_data["text"])[: conf.LONGEST_DRAFT]


class CatchUpForm(forms.Form):
    """What a page shows: a conversation or none, the feed's version, and replies: follow=<id>@<attempt>-<seq>&…"""

    conversation = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            pairs = [follow.split("@") for follow in cast(QueryDict, self.data).getlist("follow")[:MOST_FOLLOWED]]
            cleaned["follow"] = {UUID(reply): parse_position(position) for reply, position in pairs}
        except ValueError:
            raise forms.ValidationError("follow must be <reply id>@<attempt>-<seq>.") from None
        return cleaned
