"""How large a body may be and how long it may take, before anything of it is kept."""

import asyncio
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
from django.urls import reverse

from parley.conf import conf
from parley.views.transfers import FORM_AROUND_A_FILE
from standalone.lanes import Busy, Lane
from standalone.refusals import Refused

SMALL = 65_536
"""Bytes that anybody may send to any address."""
LONGEST_PAUSE = 30.0
"""Seconds without a byte."""
SLOWEST = 8_000
"""Bytes a second, over all of the body but its first LONGEST_PAUSE."""
UPLOADS = 2
"""Files of one person on their way at once."""


class Bodies:
    """Lets through what is small, and what is large from people who are signed in, to addresses that want it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._sessions = Lane("session", 2, each=1)
        self._uploads: Counter[Any] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on. Raises Refused."""
        with ExitStack() as uploads:
            body = Body(receive, lambda: self._larger(scope, uploads))
            await body.expect(declared_length(scope))
            await self._application(scope, body.receive, send)

    async def _larger(self, scope: Any, uploads: ExitStack) -> int:
        """How many bytes may come beyond what is small. Raises Refused."""
        wants_a_file, person = takes_files(scope), await self._person(scope)
        if person is None:
            raise Refused(403 if wants_a_file else 413)
        if not wants_a_file:
            return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        uploads.enter_context(self._uploading(person))
        return conf.LARGEST_IMPORT + FORM_AROUND_A_FILE

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
        """The key of who is signed in, or None."""
        key = ASGIRequest({**scope, "query_string": b""}, BytesIO()).COOKIES.get(settings.SESSION_COOKIE_NAME)
        try:
            return await self._sessions.run((scope.get("client") or [""])[0], person_of, key) if key else None
        except (Busy, Error):
            raise Refused(503) from None


class Body:
    """A body on its way in, which is counted and timed."""

    def __init__(self, receive: Any, larger: Callable[[], Awaitable[int]]) -> None:
        self._receive, self._larger = receive, larger
        self._limit, self._asked = SMALL, False
        self._received, self._began = 0, asyncio.get_running_loop().time()
        self._whole = False

    async def expect(self, length: int) -> None:
        """Raise Refused unless so much may come."""
        if length > self._limit and not self._asked:
            self._asked = True
            self._limit = await self._larger()
        if length > self._limit:
            raise Refused(413)

    async def receive(self) -> Any:
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
    """The scope, without a Content-Type on whose parameters a request of Django's would break."""
    types = [(name, value) for name, value in scope["headers"] if name == b"content-type"]
    try:
        if types:
            ASGIRequest({"path": "/", "method": "GET", "headers": types}, BytesIO())
        return scope
    except (ValueError, LookupError):
        return {**scope, "headers": [header for header in scope["headers"] if header not in types]}


def declared_length(scope: Any) -> int:
    """Content-Length in bytes, 0 where there is none or nonsense: what comes is counted all the same."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() and len(value) < 20 else 0


def has_body(scope: Any) -> bool:
    return declared_length(scope) > 0 or any(name == b"transfer-encoding" for name, _ in scope["headers"])


def takes_files(scope: Any) -> bool:
    return bool(scope["path"] == scope.get("root_path", "") + reverse("parley:import_create", settings.ROOT_URLCONF))


def person_of(session_key: str) -> Any:
    """The key of the person of a session, None where there is none."""
    close_old_connections()
    try:
        request = ASGIRequest({"path": "/", "method": "GET", "headers": []}, BytesIO())
        request.session = SessionStore(session_key)
        return get_user(request).pk
    finally:
        close_old_connections()
