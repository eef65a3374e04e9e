"""The forms of questions, of other answers to them, of drafts and of catching up; the others are beside."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.models.generation_settings import may_ask
from parley.positions import LAST, MAX_FOLLOWED, parse_position
from parley.text import clean, clean_line

from .attaching import NotTaken, too_many

if TYPE_CHECKING:
    from parley.models import Attachment


class QuestionForm(forms.Form):
    """A question: at most MAX_QUESTION_LENGTH characters, blank only where it has ``attachments``, at most MAX_FILES.

    ``not_taken``: the files that were sent with it and refused, which refuse it as well. ``accept``: what its field of
    files offers to choose.
    """

    text = forms.CharField(
        label=_("Your message"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 1}),
        error_messages={"required": _("Write a message first.")},
    )

    idempotency_key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    preset = forms.UUIDField(required=False, widget=forms.HiddenInput)
    editing = forms.UUIDField(required=False, widget=forms.HiddenInput)
    below = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        attachments: "Sequence[Attachment]" = (),
        not_taken: Sequence[NotTaken] = (),
        accept: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.attachments, self.not_taken, self.accept = attachments, not_taken, accept

    @property
    def status(self) -> int:
        """Return the status of the answer to a form with errors."""
        return max((refused.status for refused in self.not_taken), default=422)

    @property
    def asked(self) -> dict[str, Any]:
        """Return the arguments of ``Conversation.ask`` and ``start`` that a valid form has."""
        asked = {name: self.cleaned_data[name] for name in ("text", "idempotency_key")}
        return asked | {"attachments": [attachment.pk for attachment in self.attachments]}

    def clean_text(self) -> str:
        text = clean(self.cleaned_data["text"])
        if self.not_taken:
            raise forms.ValidationError([refused.sentence for refused in self.not_taken])
        if len(self.attachments) > conf.MAX_FILES:
            raise forms.ValidationError(too_many({}))
        if not (text.strip() or self.attachments):
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
        return text if text.strip() else ""


class RegenerateForm(forms.Form):
    """The model to ask for another answer; empty for the conversation's."""

    model = forms.CharField(label=_("Model"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, user: Any = None) -> None:
        super().__init__(data)
        self.user = user

    def clean_model(self) -> str:
        name = clean_line(self.cleaned_data["model"], 200)
        if name and not may_ask(name, self.user):
            raise forms.ValidationError(
                _("There is no model “%(name)s” to choose. Choose one of the list."), params={"name": name}
            )
        return name


class DraftForm(forms.Form):
    """The draft of a conversation, or of a new one."""

    conversation = forms.UUIDField(required=False)
    text = forms.CharField(required=False, strip=False)

    def clean_text(self) -> str:
        """Keep the first MAX_DRAFT_LENGTH characters."""
        return clean(self.cleaned_data["text"])[: conf.MAX_DRAFT_LENGTH]


class CatchUpForm(forms.Form):
    """What a page shows: a conversation or none, a version of the feed, and replies: follow=<id>@<attempt>-<seq>&…"""

    conversation = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=0, max_value=LAST)

    def clean(self) -> dict[str, Any]:
        """Parse ``follow`` as {reply: position}, of at most MAX_FOLLOWED replies."""
        cleaned = super().clean() or {}
        try:
            pairs = [follow.split("@") for follow in cast(QueryDict, self.data).getlist("follow")[:MAX_FOLLOWED]]
            cleaned["follow"] = {UUID(reply): parse_position(position) for reply, position in pairs}
        except ValueError:
            raise forms.ValidationError("follow must be <reply id>@<attempt>-<seq>.") from None
        return cleaned
