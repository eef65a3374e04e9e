"""ASGI entry point: HTTP to Django, WebSockets to Parley."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "standalone.settings")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from parley.routing import websocket_urlpatterns  # noqa: E402
from standalone.debugging import for_this_machine  # noqa: E402
from standalone.edge import Edge  # noqa: E402
from standalone.handler import ThreadedHandler  # noqa: E402

application = Edge(
    for_this_machine(
        ProtocolTypeRouter(
            {"http": ThreadedHandler(), "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
        )
    )
)
