"""The search of a person's conversations."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_GET

from parley.search.entries import MAX_RANKED
from parley.search.query import LONGEST_QUERY, parse
from parley.search.results import PAGE, results

from .base import framed, private


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


@private
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Show the page of the search, or its results alone for the frame that asks."""
    form = SearchForm(request.GET)
    if form.is_valid():
        query, number = parse(form.cleaned_data["q"]), form.cleaned_data["page"] or 1
        found: dict[str, Any] = {"query": query, "number": number, "results": results(request.user, query, number)}
        return framed(request, "search", frame="search_results", form=form, **found)
    if "page" in form.errors:
        raise Http404
    return framed(request, "search", frame="search_results", status=422, form=form, number=1)
