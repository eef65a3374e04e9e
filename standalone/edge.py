"""What every request meets before Django."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from parley.conf import conf
from standalone.bodies import Bodies, has_body, with_readable_type
from standalone.https import better_address, host_of, is_allowed, secured
from standalone.middleware import POLICY
from standalone.refusals import Refused, refuse
from standalone.static import StaticFiles

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

FEATURES = """accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi payment
publickey-credentials-get serial usb xr-spatial-tracking"""
HEADERS = {
    "Content-Security-Policy": POLICY.format(images=""),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES.split()),
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
}
"""Of whatever answer has none of its own."""
NUL = re.compile(rb"\\000|\0")
HSTS = [(b"strict-transport-security", b"max-age=%d" % settings.SECURE_HSTS_SECONDS)] * bool(
    settings.SECURE_HSTS_SECONDS
)


class Edge:
    """Answers without Django what needs none, and puts the headers on every answer."""

    def __init__(self, application: Any) -> None:
        self._sockets, self._application = application, Bodies(application)
        self._static = StaticFiles()
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = without_nul(with_readable_type(secured(scope)))
        if scope["type"] == "websocket":
            return await self._socket(scope, receive, send)
        send = self._with_headers(send, self._headers + (HSTS if scope.get("scheme") == "https" else []))
        try:
            await self._answer(scope, receive, send)
        except Refused as refused:
            await refuse(refused, scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) == conf.SOCKET_PATH:
            await self._sockets(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) == "/healthz":
            await healthy(self._closing(scope, send))
        elif not await self._static.answer(scope, self._closing(scope, send)):
            await self._hand_on(scope, receive, send)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not settings.DEBUG:  # whose own page says more
            refuse_other_hosts(scope)
        if settings.HTTPS and scope.get("scheme") != "https":
            await redirect(better_address(scope), send)
        else:
            await self._application(scope, receive, send)

    def _closing(self, scope: Scope, send: Send) -> Send:
        """Nobody reads a body here, so a connection that brings one ends with the answer."""
        return self._with_headers(send, [(b"connection", b"close")]) if has_body(scope) else send

    @staticmethod
    def _with_headers(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
        async def sending(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                missing = [(name, value) for name, value in headers if name not in given]
                message = {**message, "headers": [*message["headers"], *missing]}
            await send(message)

        return sending


def without_nul(scope: Scope) -> Scope:
    """The scope with cookies that PostgreSQL can be asked about: the key of a session, once unquoted, may hold NUL."""
    if not any(name == b"cookie" and NUL.search(value) for name, value in scope["headers"]):
        return scope
    headers = [(name, NUL.sub(b"", value) if name == b"cookie" else value) for name, value in scope["headers"]]
    return {**scope, "headers": headers}


def path_of(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


async def healthy(send: Send) -> None:
    """The health check, under any host name, since load balancers ask by address."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def refuse_other_hosts(scope: Scope) -> None:
    """Raise Refused for a name that is not ours: scanners try many, each of which is worth one line."""
    if not is_allowed(host_of(scope)):
        logger.warning("Refused a request for the host %.100r, which is not one of ALLOWED_HOSTS.", host_of(scope))
        raise Refused(400)


async def redirect(address: str, send: Send) -> None:
    """Send a browser there; it may not remember that for longer than the site says so itself."""
    headers = [(b"location", address.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 301, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
