"""What a person may type."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .conf import conf
from .text import clean


class QuestionForm(forms.Form):
    """A question: not blank, at most MAX_QUESTION_LENGTH characters."""

    text = forms.CharField(
        label=_("Your message"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 1}),
        error_messages={"required": _("Write a message first.")},
    )

    def clean_text(self) -> str:
        text = clean(self.cleaned_data["text"])
        if not text.strip():
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        limit = conf.MAX_QUESTION_LENGTH
        if len(text) > limit:
            raise forms.ValidationError(
                _("This message has %(length)s characters; at most %(limit)s can be sent. Shorten it, or send it in parts."),
                params={"length": len(text), "limit": limit},
            )
        return text
