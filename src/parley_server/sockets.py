"""What stands between the server and the sockets of signed-in people."""

from typing import Any

from channels.auth import AuthMiddleware
from channels.sessions import CookieMiddleware, InstanceSessionWrapper


def signed_in(application: Any) -> Any:
    """Give an application for sockets the session and the user of each, as ``AuthMiddlewareStack`` does."""
    return CookieMiddleware(with_session(AuthMiddleware(application)))


def with_session(application: Any) -> Any:
    """Give it the session, and let it send to the server itself: no message of a socket could bring a cookie."""

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        session = InstanceSessionWrapper(scope, send)
        await session.resolve_session()
        await application(session.scope, receive, send)

    return answer
