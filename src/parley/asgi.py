"""ASGI entry point of a site: HTTP to Django, WebSockets to Parley and to the routes of the site.

``application`` is made when it is first asked for, so that a site with an ``asgi.py`` of its own can call ``around``.
"""

from collections.abc import Callable
from typing import Any

import django
from django.apps import apps
from django.core.asgi import get_asgi_application

if not apps.ready:
    django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from .routing import websocket_urlpatterns


def around(django_application: Any, *routes: Any) -> Any:
    """Return an ASGI application with Parley's socket, and those of ``routes``, beside an application for HTTP.

    The user is in the scope of each. A socket at any other path is refused.
    """
    refuse: Any = _refuse
    sockets = URLRouter([*websocket_urlpatterns, *routes, re_path("", refuse)])
    return ProtocolTypeRouter({"http": django_application, "websocket": AuthMiddlewareStack(sockets)})


async def _refuse(scope: Any, receive: Any, send: Callable[[dict[str, Any]], Any]) -> None:
    await send({"type": "websocket.close"})


def __getattr__(name: str) -> Any:
    """Make ``application``, for a server that serves ``parley.asgi:application``."""
    if name != "application":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return around(get_asgi_application())
