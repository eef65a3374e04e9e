"""The outermost ASGI application: what every request meets before Django."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.urls import set_script_prefix

from parley import correlation
from parley.conf import conf
from parley.correlation import id_of
from parley_server.bodies import Bodies, has_body, with_readable_type
from parley_server.env import is_loopback
from parley_server.https import better_address, host_of, is_allowed, secured
from parley_server.middleware import POLICY
from parley_server.operators import Operators, header_of
from parley_server.refusals import Refused, refuse
from parley_server.site import mounted
from parley_server.static import StaticFiles

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

FEATURES = """accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi payment
publickey-credentials-get serial usb xr-spatial-tracking"""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES.split()),
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
}
"""Added to every answer that does not set them itself."""
NUL = re.compile(rb"\\000|\0")
_LASTS = settings.SECURE_HSTS_SECONDS
HSTS = [(b"strict-transport-security", b"max-age=%d" % _LASTS)] if _LASTS else []
DEBUG_REFUSAL = (
    b"DEBUG is on, so that this site answers its own machine only: switch DEBUG off, and name in ALLOWED_HOSTS "
    b"what others type into their browsers.\n"
)


class Edge:
    """Answers without Django what needs none of it, and adds headers to every answer."""

    def __init__(self, application: Any) -> None:
        self._sockets, self._application = application, Bodies(application)
        self._static, self._operators = StaticFiles(), Operators()
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = id_of(header_of(scope, b"x-request-id"))
        correlation.begin(request=request_id)
        set_script_prefix(f"{settings.SITE_PATH}/")
        scope = without_nul(with_readable_type(secured(mounted(scope, settings.SITE_PATH))))
        if scope["type"] == "websocket":
            return await self._socket(scope, receive, send)
        named = [(b"x-request-id", request_id.encode())]
        send = self._with_headers(send, self._headers + named + (HSTS if scope.get("scheme") == "https" else []))
        try:
            await self._answer(scope, receive, send)
        except Refused as refused:
            await refuse(refused, scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) == conf.SOCKET_PATH and not hidden_by_debug(scope):
            await self._sockets(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        closing = self._closing(scope, send)
        if answer := await self._operators.answer(path_of(scope), scope):
            # Under any host name and without HTTPS, since load balancers and Prometheus ask by address.
            await respond(closing, answer.status, answer.body, (b"content-type", answer.type.encode()))
        elif not await self._static.answer(scope, closing):
            await self._hand_on(scope, receive, send)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not settings.DEBUG:  # whose own page says more
            refuse_other_hosts(scope)
        if settings.HTTPS and scope.get("scheme") != "https":
            # Permanent, but never cached: HSTS alone says for how long a browser may remember it.
            await respond(send, 301, b"", (b"location", better_address(scope).encode()))
        elif hidden_by_debug(scope):
            plain = (b"content-type", b"text/plain; charset=utf-8")
            await respond(self._closing(scope, send), 403, DEBUG_REFUSAL, plain)
        else:
            await self._application(scope, receive, send)

    def _closing(self, scope: Scope, send: Send) -> Send:
        """Close the connection after the answer when the request has a body, which nobody reads here."""
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


async def respond(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """Send a whole answer that nobody may cache."""
    lasting = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *lasting]})
    await send({"type": "http.response.body", "body": body})


def without_nul(scope: Scope) -> Scope:
    """Return the scope without NUL in its cookies: PostgreSQL cannot be asked for a session key that holds one."""
    if not any(name == b"cookie" and NUL.search(value) for name, value in scope["headers"]):
        return scope
    headers = [(name, NUL.sub(b"", value) if name == b"cookie" else value) for name, value in scope["headers"]]
    return {**scope, "headers": headers}


def path_of(scope: Scope) -> str:
    """Return the path below the prefix at which the server mounts the site.

    >>> path_of({"path": "/chat/c/", "root_path": "/chat"})
    '/c/'
    """
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def refuse_other_hosts(scope: Scope) -> None:
    """Raise Refused for a host name that is not ours, and log one line: scanners try many names."""
    if not is_allowed(host_of(scope)):
        logger.warning("Refused a request for the host %.100r, which is not one of ALLOWED_HOSTS.", host_of(scope))
        raise Refused(400)


def hidden_by_debug(scope: Scope) -> bool:
    """Tell whether DEBUG, whose pages show internals, is on and a client of another machine asks.

    The client's address is the one that a proxy on this machine forwards.
    """
    client = scope.get("client")
    return settings.DEBUG and client is not None and not is_loopback(client[0])
