"""ASGI entry point: HTTP to Django, WebSockets to Parley."""

import gc
import os
import sys

import django

SWITCH_INTERVAL = 0.001
"""Seconds that the event loop, which feeds the sockets, waits for a thread that renders a page; five by default."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parley_server.settings")
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from parley.routing import websocket_urlpatterns  # noqa: E402
from parley_server.edge import Edge  # noqa: E402
from parley_server.handler import ThreadedHandler  # noqa: E402
from parley_server.sockets import signed_in  # noqa: E402

sys.setswitchinterval(SWITCH_INTERVAL)
sockets = signed_in(URLRouter(websocket_urlpatterns))
application = Edge(ProtocolTypeRouter({"http": ThreadedHandler(), "websocket": sockets}))

# What was loaded stays, and need not be looked through whenever Python looks for garbage.
gc.collect()
gc.freeze()
