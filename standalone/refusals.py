"""Answers that need neither the database nor a session: a page for a browser, one sentence for the rest."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

RETRY_AFTER = 5
"""Seconds."""


def refusal(request: HttpRequest, status: int) -> HttpResponse:
    """The answer with this status, in the reader's language."""
    with translation.override(translation.get_language_from_request(request)):
        title, sentence = _words(status)
        response = _page(request, title, sentence) if _reads_pages(request) else _line(sentence)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _words(status: int) -> tuple[str, str]:
    """What happened, and what to do."""
    match status:
        case 503:
            return _("Parley is busy"), _(
                "The database did not answer in time. What is saved is safe. Try again in a few seconds; "
                "if you had just sent something, go back and send it again."
            )
        case _:
            raise ValueError(status)


def _reads_pages(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")


def _page(request: HttpRequest, title: str, sentence: str) -> HttpResponse:
    """Without context processors, which would ask the database who this is."""
    return HttpResponse(render_to_string("refusal.html", {"request": request, "title": title, "sentence": sentence}))


def _line(sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8")
