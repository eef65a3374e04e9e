"""Offer to send a form again whose CSRF token is stale, mostly after a sign-in in another tab of the browser."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

URLENCODED = "application/x-www-form-urlencoded"


class Field(NamedTuple):
    """A name and value of the form; a password has to be typed again, since no page should hold one."""

    name: str
    value: str

    @property
    def is_secret(self) -> bool:
        """Whether it is a password."""
        return "password" in self.name


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened, and show a form that sends the same again with a valid token (403)."""
    return render(request, "403_csrf.html", {"fields": _typed(request), "address": request.get_full_path()}, status=403)


def _typed(request: HttpRequest) -> list[Field]:
    """Return the fields of a form of our own pages: another site must not get its words into a form of ours.

    Returns none of a form with several passwords, which has to be filled in again.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") != origin or request.content_type != URLENCODED:
        return []
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    fields = [Field(name, value) for name in names for value in request.POST.getlist(name)]
    return fields if sum(field.is_secret for field in fields) <= 1 else []
