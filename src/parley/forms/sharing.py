"""The forms of a public link and of an import."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.sizes import sized


class ShareForm(forms.Form):
    """What a new link shows besides questions and answers, and how long; the fields are arguments of Share.of."""

    instructions = forms.BooleanField(label=_("Show the instructions"), required=False)
    reasoning = forms.BooleanField(label=_("Show the reasoning of the model"), required=False)
    pictures = forms.BooleanField(label=_("Show the pictures"), required=False)
    lasts = forms.TypedChoiceField(
        label=_("The link ends"),
        choices=[("1", _("after a day")), ("7", _("after 7 days")), ("30", _("after 30 days")), ("never", _("never"))],
        coerce=lambda days: None if days == "never" else timedelta(days=int(days)),
        initial="30",
        error_messages={"required": _("Choose when the link ends."), "invalid_choice": _("Choose when the link ends.")},
    )


class ImportForm(forms.Form):
    """An archive or a JSON file, at most MAX_IMPORT_SIZE bytes."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".zip,.json,application/zip,application/json"}),
        error_messages={
            "required": _("Choose a file first."),
            "missing": _("Choose a file first."),
            "empty": _("This file is empty. Choose another one."),
        },
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > conf.MAX_IMPORT_SIZE:
            raise forms.ValidationError(too_large(conf.MAX_IMPORT_SIZE))
        return file


def too_large(limit: int) -> str:
    """Return the error for a file of more than ``limit`` bytes."""
    return _("This file is larger than %(limit)s, which is the most that can be imported.") % {"limit": sized(limit)}
