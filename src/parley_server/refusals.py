"""Refuse requests without database or session: with a page for a browser, with one sentence for other clients."""

import asyncio
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

RETRY_AFTER = 5
"""Seconds, in the header of that name."""
LINGER = 2.0
"""Seconds for which a client may go on sending what nobody keeps: some read the answer only after that."""


class Refused(Exception):
    """Raised for a request that is not handed on, with the status, and a reason where a status has several."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(status, why)
        self.status, self.why = status, why


def refusal(request: HttpRequest, status: int, why: str = "") -> HttpResponse:
    """Return the answer with this status, in the reader's language."""
    with translation.override(translation.get_language_from_request(request)):
        title, sentence = _words(status, why)
        response = _answer(request, title, sentence)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


async def refuse(refused: Refused, scope: Any, receive: Any, send: Any) -> None:
    """Send the answer, and close the connection, whatever else the client has to send."""
    response = refusal(request_of(scope), refused.status, refused.why)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    headers += [(b"content-length", str(len(response.content)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.content, "more_body": True})
    await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


def request_of(scope: Any) -> ASGIRequest:
    """Return the request of an ASGI scope, without query and body."""
    return ASGIRequest({**scope, "query_string": b""}, BytesIO())


async def _drain(receive: Any) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (await receive()).get("more_body"):
                pass


def _words(status: int, why: str) -> tuple[str, str]:
    """Return (what happened, what to do)."""
    match why or status:
        case "http":
            return _("This site speaks https"), _(
                "You came by http, by which nobody can sign in here. Open the address that begins with https://. "
                "If you run this server and no proxy in front of it speaks https, start it without HTTPS=1."
            )
        case 400:
            return _("This site has another name"), _(
                "The server does not answer to the name in this address. Check the address; if you run the server, "
                "add the name to ALLOWED_HOSTS."
            )
        case 403:
            return _("You are not signed in"), _("Files can be sent by who is signed in. Sign in, and send it again.")
        case 408:
            return _("This took too long"), _(
                "What you sent did not arrive in time. Check your connection, go back, and send it again."
            )
        case 413:
            return _("This is too large"), _(
                "It is more than may be sent here. Go back and send less at once. "
                "If you were writing for long, copy your text, sign in again, and send it then."
            )
        case 429:
            return _("Not so fast"), _("Too much was sent at the same time. Wait until that is done, then try again.")
        case 503:
            return _("Parley is busy"), _(
                "The database did not answer in time. What is saved is safe. Try again in a few seconds; "
                "if you had just sent something, go back and send it again."
            )
        case _:
            raise ValueError(status)


def _answer(request: HttpRequest, title: str, sentence: str) -> HttpResponse:
    """Render without context processors, which would ask the database who this is."""
    if "text/html" not in request.headers.get("Accept", ""):
        return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8")
    return HttpResponse(render_to_string("refusal.html", {"request": request, "title": title, "sentence": sentence}))


OF_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what happened, and show a form that sends the same again with a valid token (403)."""
    return render(request, "403_csrf.html", {"fields": _typed(request), "address": request.get_full_path()}, status=403)


def _typed(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Return (name, value, whether it is a password) of each field; a password has to be typed again.

    Returns nothing of other sites' forms, which must not get their words into ours, nor of forms of several passwords,
    nor of those with files, which would be sent again without them.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") != origin or request.content_type not in OF_FORMS or request.FILES:
        return []
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    fields = [(name, value, "password" in name) for name in names for value in request.POST.getlist(name)]
    return fields if sum(is_secret for _, _, is_secret in fields) <= 1 else []
