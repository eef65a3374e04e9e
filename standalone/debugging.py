"""The debug mode shows internals, so that it answers this machine only."""

from typing import Any

from django.conf import settings

from standalone import env

REFUSAL = (
    b"DEBUG is on, so that this site answers its own machine only: switch DEBUG off, and name in ALLOWED_HOSTS "
    b"what others type into their browsers.\n"
)
HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]


def for_this_machine(application: Any) -> Any:
    """Wrap an ASGI application: while DEBUG is on, whoever asks from elsewhere is refused."""
    return OnlyHere(application) if settings.DEBUG else application


class OnlyHere:
    """Answers 403 to clients of other addresses; a proxy on this machine tells for whom it asks."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        client = scope.get("client")
        if client is None or env.is_loopback(client[0]):
            await self.application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": HEADERS})
            await send({"type": "http.response.body", "body": REFUSAL})
