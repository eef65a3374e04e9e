"""Requests in a few threads that stay, each with its database connection."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

THREADS = 8
# WhiteNoise gives its files, which are small, as synchronous iterators.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")


class ThreadedHandler(ASGIHandler):
    """Django's own makes a thread, and so a database connection, for every request, and adapts every middleware.

    Our views and middleware are synchronous: a request is one call in one of the threads.
    """

    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-request")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self._respond, thread_sensitive=False, executor=self.threads)(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
