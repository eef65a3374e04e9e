"""Renaming and moving conversations, changing several at once, and cleaning the fields of one line."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from parley.models import Folder
from parley.models.organised import MAX_AT_ONCE
from parley.text import clean_line


class RenameForm(forms.Form):
    """A title of one line."""

    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        error_messages={"required": _("Write a title, or press Esc to keep the one there was.")},
    )

    def clean_title(self) -> str:
        return one_line(self, "title")


class MoveForm(forms.Form):
    """The folder of the person's own to move to; empty for none."""

    folder = forms.ModelChoiceField(
        Folder.objects.none(),
        label=_("Folder"),
        required=False,
        error_messages={"invalid_choice": _("This folder is not there any more. Choose another one.")},
    )

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["folder"]).queryset = Folder.objects.visible_to(user)


class SelectionForm(MoveForm):
    """A verb for the conversations that are selected, at most MAX_AT_ONCE."""

    do = forms.ChoiceField(choices=[(verb, verb) for verb in ("archive", "unarchive", "move", "delete")])

    def clean(self) -> dict[str, Any]:
        """Parse ``conversation`` as a set of ids. Raise ValidationError for none or too many."""
        cleaned = super().clean() or {}
        try:
            cleaned["conversation"] = {UUID(pk) for pk in cast(QueryDict, self.data).getlist("conversation")}
        except ValueError:
            raise forms.ValidationError(_("One of these is no conversation. Load the page again.")) from None
        if not cleaned["conversation"]:
            raise forms.ValidationError(_("Select at least one conversation first."))
        if len(cleaned["conversation"]) > MAX_AT_ONCE:
            raise forms.ValidationError(
                _("You have selected %(count)s conversations; at most %(most)s can be changed at once. Select fewer."),
                params={"count": len(cleaned["conversation"]), "most": MAX_AT_ONCE},
            )
        return cleaned


def one_line(form: forms.Form, name: str) -> str:
    """Drop the characters of a field that are not seen, or turn the text; raise ValidationError if none is left."""
    field = form.fields[name]
    line = clean_line(form.cleaned_data[name], getattr(field, "max_length", None) or 200)
    if not line and field.required:
        raise forms.ValidationError(field.error_messages["required"], code="required")
    return line
