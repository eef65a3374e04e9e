"""Offer to send a form again whose CSRF token is stale, mostly after a sign-in in another tab of the browser."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

URLENCODED = "application/x-www-form-urlencoded"


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened, and show a form that sends the same again with a valid token (403)."""
    return render(request, "403_csrf.html", {"fields": _typed(request), "address": request.get_full_path()}, status=403)


def _typed(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Return (name, value, whether it is a password) of each field; a password has to be typed again.

    Returns nothing of other sites' forms, which must not get their words into ours, nor of forms of several passwords.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") != origin or request.content_type != URLENCODED:
        return []
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    fields = [(name, value, "password" in name) for name in names for value in request.POST.getlist(name)]
    return fields if sum(is_secret for _, _, is_secret in fields) <= 1 else []
