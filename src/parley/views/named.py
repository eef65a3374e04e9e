"""What views of folders and of presets have in common."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from parley.forms import NamedForm
from parley.models.named import Named

from .base import page
from .tuning import tuning_form


def own(request: HttpRequest, kind: type[Named], pk: UUID) -> Any:
    """One of the person's own. Raises Http404."""
    return get_object_or_404(kind.objects.visible_to(request.user), pk=pk)


def create(request: HttpRequest, kind: type[Named]) -> HttpResponse:
    """The page to make one."""
    owner: Any = request.user
    return _save(request, kind(owner=owner))


def edit(request: HttpRequest, kind: type[Named], pk: UUID) -> HttpResponse:
    """The page to change one."""
    row = own(request, kind, pk)
    return _save(request, row, **{str(kind._meta.model_name): row})


def _save(request: HttpRequest, row: Named, **shown: Named) -> HttpResponse:
    context = tuning_form(request, row, NamedForm)
    form, name = context["form"], f"{row._meta.model_name}_{'edit' if shown else 'create'}"
    if form.is_bound and not shown and not row.room_for(request.user):
        form.add_error(None, row.FULL % {"most": row.MOST})
    if form.is_valid():
        row.tune(name=form.cleaned_data["name"], **form.tuning)
        return HttpResponseRedirect(row.saved_url, status=303)
    return page(request, name, status=422 if form.is_bound else 200, **shown, **context)
