"""The search of a person's conversations."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from parley.search.form import SearchForm
from parley.search.query import parse
from parley.search.results import results

from .base import framed, private


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
