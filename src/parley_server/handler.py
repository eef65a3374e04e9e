"""Answer requests in a few lasting threads, each with its database connection."""

import asyncio
import logging
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from parley_server.lanes import Busy, Lane
from parley_server.refusals import Refused, refusal
from parley_server.tries import address_of, device_of

logger = logging.getLogger(__name__)

THREADS = 8
EACH = THREADS // 2
"""Threads that one person may have at once, so that ten clicks that wait for a lock leave half to the others."""
TURNS = 1
"""Requests that begin at once: the event loop, which feeds the sockets, competes with each for the interpreter."""

CLASS = 50
"""People behind one address who may sign in at the same time; the last of them waits about twenty seconds."""


class ThreadedHandler(ASGIHandler):
    """Runs each request, whose middleware and view are synchronous, as one call in one of its threads.

    Django's own handler makes a thread, and so a database connection, for every request, and adapts every middleware.
    """

    closing = ThreadPoolExecutor(2, thread_name_prefix="parley-closing")
    """Closes answers that were sent. One of them at a time sweeps lost replies, and may have to wait for a lock: the
    others, each as large as its page, would wait in memory for that."""

    def __init__(self) -> None:
        super().__init__()
        for prepare in (reset_queries, close_old_connections):  # Django would call them in another thread, and wait
            request_started.disconnect(prepare)
        self.pages = Lane("request", THREADS, each=EACH, turns=TURNS)
        self.passwords = Lane("password", 1, each=1, crowd=CLASS)
        self.known_devices = Lane("device", 1, each=1, crowd=CLASS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def read_body(self, receive: Any) -> IO[bytes]:
        """Keep a large body where uploads are kept: Django's own lies in /tmp, which is often in memory.

        Raises Refused where the disk does not take it.
        """
        folder = settings.FILE_UPLOAD_TEMP_DIR
        file = tempfile.SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE, dir=folder)  # noqa: SIM115
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                file.close()
                raise RequestAborted
            try:
                file.write(message.get("body", b""))
            except OSError as error:
                with suppress(OSError):  # it tries to write the rest
                    file.close()
                logger.warning("A body could not be kept: %s", error)
                raise Refused(503) from None
            more = message.get("more_body", False)
        file.seek(0)
        return file

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        (lane, client), answer = self._lane(request), _Answer()
        try:
            response: HttpResponseBase = await lane.run(client, lambda: answer.is_there(self._respond(request)))
            return response
        except Busy:
            return refusal(request, 503)
        except asyncio.CancelledError:
            answer.is_unwanted()
            raise

    def _lane(self, request: HttpRequest) -> tuple[Lane, str]:
        """Return (lane, client). A password has lanes of its own: to hash it takes a processor half a second."""
        if not may_hash_a_password(request):
            return self.pages, client_of(request)
        device, _ = device_of(request)
        return (self.known_devices, device) if device else (self.passwords, address_of(request))

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        reset_queries()
        close_old_connections()
        try:
            response = self.get_response(request)
        finally:
            close_old_connections()
        close = response.close
        response.close = lambda: self.closing.submit(close)  # type: ignore[method-assign,assignment]
        return response


class _Answer:
    """Closes an answer whose client has left, and so the files that came with it, whichever of both comes first."""

    _response: HttpResponseBase | None = None
    _unwanted = False

    def is_there(self, response: HttpResponseBase) -> HttpResponseBase:
        self._response = response
        if self._unwanted:
            response.close()
        return response

    def is_unwanted(self) -> None:
        self._unwanted = True
        if self._response:
            self._response.close()


def may_hash_a_password(request: HttpRequest) -> bool:
    """Tell whether a form is sent whose view checks or sets a password."""
    return request.method == "POST" and request.path.startswith(_addresses_of_passwords())


@lru_cache
def _addresses_of_passwords() -> tuple[str, ...]:
    names = ("login", "setup", "password_change", "admin:auth_user_changelist")
    return tuple(reverse(name, settings.ROOT_URLCONF) for name in names)


def client_of(request: HttpRequest) -> str:
    """Return the key of the session, or the address where there is none."""
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME) or request.META.get("REMOTE_ADDR", "")
