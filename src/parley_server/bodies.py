"""Limit the size and time of a request's body before anything of it is kept."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.db import Error, close_old_connections
from django.urls import Resolver404, resolve

from parley.conf import conf
from parley.views.transfers import FORM_AROUND_A_FILE
from parley_server.lanes import Busy, Lane
from parley_server.refusals import Refused, request_of

OF_A_BROWSER = re.compile(rb"application/x-www-form-urlencoded(;charset=UTF-8)?")
"""Content-Types of forms, which Django can parse; trying it takes as long as all else that is done here."""
SMALL = 65_536
"""Bytes that anybody may send to any address."""
LONGEST_PAUSE = 30.0
"""Seconds without a byte."""
SLOWEST = 8_000
"""Bytes per second, on average after the first LONGEST_PAUSE."""
UPLOADS = 3
"""Requests with files that one person may send at once."""
FILES = {
    "import_create": lambda: conf.MAX_IMPORT_SIZE,
    "attachment_create": lambda: conf.MAX_FILE_SIZE,
    "folder_file_create": lambda: conf.MAX_FILES * conf.MAX_FILE_SIZE,
}
"""Address → the bytes of files that may be sent there."""
WITH_A_QUESTION = ("message_create", "conversation_create")
"""Addresses of forms that bring files where there is no JavaScript."""
MULTIPART = b"multipart/form-data"


class Bodies:
    """Lets small bodies through to any address, and larger ones only from people who are signed in."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._sessions = Lane("session", 2, each=1)
        self._uploads: Counter[Any] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on, with a `receive` that counts. Raises Refused."""
        with ExitStack() as uploads:
            body = Body(receive, lambda: self._larger(scope, uploads))
            await body.expect(declared_length(scope))
            await self._application(scope, body.receive, send)

    async def _larger(self, scope: Any, uploads: ExitStack) -> int:
        """Return how many bytes a body may have that is not SMALL. Raises Refused."""
        of_files, person = room_for_files(scope), await self._person(scope)
        if person is None:
            raise Refused(403 if of_files else 413)
        if not of_files:
            return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        uploads.enter_context(self._uploading(person))
        return of_files

    @contextmanager
    def _uploading(self, person: Any) -> Iterator[None]:
        if self._uploads[person] >= UPLOADS:
            raise Refused(429)
        self._uploads[person] += 1
        try:
            yield
        finally:
            self._uploads -= Counter([person])

    async def _person(self, scope: Any) -> Any:
        """Return the primary key of who is signed in, or None. Raises Refused."""
        key = request_of(scope).COOKIES.get(settings.SESSION_COOKIE_NAME)
        try:
            return await self._sessions.run((scope.get("client") or [""])[0], person_of, key) if key else None
        except (Busy, Error):
            raise Refused(503) from None


class Body:
    """Counts and times a body as it arrives."""

    def __init__(self, receive: Any, larger: Callable[[], Awaitable[int]]) -> None:
        self._receive, self._larger = receive, larger
        self._limit, self._asked = SMALL, False
        self._received, self._began = 0, asyncio.get_running_loop().time()
        self._whole = False

    async def expect(self, length: int) -> None:
        """Raise Refused unless a body may have this length, in bytes."""
        if length > self._limit and not self._asked:
            self._asked = True
            self._limit = await self._larger()
        if length > self._limit:
            raise Refused(413)

    async def receive(self) -> Any:
        """Receive the next ASGI message. Raises Refused when the body is too long or too slow."""
        if self._whole:
            return await self._receive()
        message = await self._in_time()
        self._received += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        await self.expect(self._received)
        return message

    async def _in_time(self) -> Any:
        now = asyncio.get_running_loop().time()
        left = self._began + LONGEST_PAUSE + self._received / SLOWEST - now
        try:
            async with asyncio.timeout(min(LONGEST_PAUSE, left)):
                return await self._receive()
        except TimeoutError:
            raise Refused(408) from None


def with_readable_type(scope: Any) -> Any:
    """Return the scope without a Content-Type whose parameters Django cannot parse."""
    types = [(name, value) for name, value in scope["headers"] if name == b"content-type"]
    try:
        if not all(OF_A_BROWSER.fullmatch(value) for _, value in types):
            ASGIRequest({"path": "/", "method": "GET", "headers": types}, BytesIO())
        return scope
    except (ValueError, LookupError):
        return {**scope, "headers": [header for header in scope["headers"] if header not in types]}


def declared_length(scope: Any) -> int:
    """Return Content-Length in bytes; 0 where it is missing or nonsense, since what arrives is counted all the same.

    >>> declared_length({"headers": [(b"content-length", b"12")]}), declared_length({"headers": []})
    (12, 0)
    """
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() and len(value) < 20 else 0


def has_body(scope: Any) -> bool:
    """Tell whether the headers announce a body."""
    return declared_length(scope) > 0 or any(name == b"transfer-encoding" for name, _ in scope["headers"])


def room_for_files(scope: Any) -> int:
    """Return how many bytes a form with files may have at this address; 0 where none are taken."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    try:
        name = resolve(path, settings.ROOT_URLCONF).view_name.removeprefix("parley:")
    except Resolver404:
        return 0
    if name in FILES:
        return FILES[name]() + FORM_AROUND_A_FILE
    if name in WITH_A_QUESTION and dict(scope["headers"]).get(b"content-type", b"").startswith(MULTIPART):
        return conf.MAX_FILES * conf.MAX_FILE_SIZE + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return 0


def person_of(session_key: str) -> Any:
    """Return the primary key of who is signed in by a session, or None."""
    close_old_connections()
    try:
        request = ASGIRequest({"path": "/", "method": "GET", "headers": []}, BytesIO())
        request.session = SessionStore(session_key)
        return get_user(request).pk
    finally:
        close_old_connections()
