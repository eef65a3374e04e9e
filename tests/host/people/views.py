from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def minutes(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a page of the society's, with one conversation in it, and its own scripts before or after Parley's."""
    return render(request, "people/minutes.html", {"conversation": pk, "own": request.GET.get("own", "")})
