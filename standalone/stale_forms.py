"""A form whose token is of another session, mostly because somebody signed in in another tab of this browser."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

URLENCODED = "application/x-www-form-urlencoded"


class Field(NamedTuple):
    """What was typed; a password has to be typed again, since no page should hold one."""

    name: str
    value: str

    @property
    def is_secret(self) -> bool:
        return "password" in self.name


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened, and show a form that sends the same again with a token that is good."""
    return render(request, "403_csrf.html", {"fields": _typed(request), "address": request.get_full_path()}, status=403)


def _typed(request: HttpRequest) -> list[Field]:
    """Of our own pages only: another site must not get its words into a form of ours. A form of passwords begins anew."""
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") != origin or request.content_type != URLENCODED:
        return []
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    fields = [Field(name, value) for name in names for value in request.POST.getlist(name)]
    return fields if sum(field.is_secret for field in fields) <= 1 else []
