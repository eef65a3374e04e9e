"""The form of a public link."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _


class ShareForm(forms.Form):
    """What a new link shows besides questions and answers, and how long; the fields are arguments of Share.of."""

    instructions = forms.BooleanField(label=_("Show the instructions"), required=False)
    reasoning = forms.BooleanField(label=_("Show the reasoning of the model"), required=False)
    lasts = forms.TypedChoiceField(
        label=_("The link ends"),
        choices=[("1", _("after a day")), ("7", _("after 7 days")), ("30", _("after 30 days")), ("never", _("never"))],
        coerce=lambda days: None if days == "never" else timedelta(days=int(days)),
        initial="30",
        error_messages={"required": _("Choose when the link ends."), "invalid_choice": _("Choose when the link ends.")},
    )
