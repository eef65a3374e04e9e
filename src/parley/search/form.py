"""The form of the search."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .entries import MAX_RANKED
from .query import LONGEST_QUERY
from .results import PAGE


class SearchForm(forms.Form):
    """``q``: words and phrases, or nothing yet; ``page``: its number, from 1."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=LONGEST_QUERY,
        error_messages={
            "max_length": ngettext_lazy(
                "Look for at most %(limit_value)d character.",
                "Look for at most %(limit_value)d characters; these are %(show_value)d.",
                "limit_value",
            ),
            "null_characters_not_allowed": _("Look for letters and numbers."),
        },
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "dir": "auto",
                "autocomplete": "off",
                "enterkeyhint": "search",
                "autofocus": True,
                "placeholder": _("Search your conversations"),
                "data-keys": "Control+K",
            }
        ),
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_RANKED // PAGE)
