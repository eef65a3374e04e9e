"""Requests in a few threads that stay, each with its database connection."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

THREADS = 8
LONGEST_TURN = 0.25
"""Seconds after which the next request begins beside one that is slow."""
# WhiteNoise gives its files, which are small, as synchronous iterators.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")


class ThreadedHandler(ASGIHandler):
    """Django's own makes a thread, and so a database connection, for every request, and adapts every middleware.

    Our views and middleware are synchronous: a request is one call in one of the threads. Where the database lets one
    write at a time, requests are answered one after the other, as long as they are quick: many that come together would
    hold its lock without a pause between them, and a worker would not get it.
    """

    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-request")

    def __init__(self) -> None:
        super().__init__()
        self.turns = asyncio.Semaphore(1 if connection.vendor == "sqlite" else THREADS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        async with self._turn():
            return await sync_to_async(self._respond, thread_sensitive=False, executor=self.threads)(request)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """It ends with the answer, or by itself when that takes long."""
        await self.turns.acquire()
        end = asyncio.get_running_loop().call_later(LONGEST_TURN, self.turns.release)
        try:
            yield
        finally:
            if end.when() > asyncio.get_running_loop().time():
                end.cancel()
                self.turns.release()

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
