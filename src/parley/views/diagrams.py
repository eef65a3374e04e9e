"""The frame in which diagrams are drawn: a page without an origin, whose policy allows no traffic at all."""

from secrets import token_urlsafe

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from .base import private

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)


@private
@require_GET
def diagram_draw(request: HttpRequest) -> HttpResponse:
    """Serve the page with Mermaid; it gets sources from the page around it, and gives back drawings, by messages."""
    nonce = token_urlsafe(16)
    response = render(request, "parley/diagram_draw.html", {"nonce": nonce})
    response["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    response["X-Frame-Options"], response["Referrer-Policy"] = "SAMEORIGIN", "no-referrer"
    return response
