"""What was said, found again by its words."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from parley.search.form import SearchForm
from parley.search.query import parse
from parley.search.results import results

from .base import page, private


@private
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The page of the search; within it, its results alone, as the frame that asks for them."""
    form = SearchForm(request.GET)
    if form.is_valid():
        number = form.cleaned_data["page"] or 1
        query = parse(form.cleaned_data["q"])
        return _shown(request, form=form, query=query, results=results(request.user, query, number), number=number)
    if "page" in form.errors:
        raise Http404
    return _shown(request, status=422, form=form, number=1)


def _shown(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    if "Turbo-Frame" in request.headers:
        return render(request, "parley/search_results.html", context, status=status)
    return page(request, "search", status=status, **context)
