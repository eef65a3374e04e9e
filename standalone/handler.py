"""Requests in a few threads that stay, each with its database connection."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Semaphore
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

THREADS = 8
PATIENCE = 0.25
"""Seconds that a request waits for its turn; one that is slow holds nobody up for longer."""
# WhiteNoise gives its files, which are small, as synchronous iterators.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")


class ThreadedHandler(ASGIHandler):
    """Django's own makes a thread, and so a database connection, for every request, and adapts every middleware.

    Our views and middleware are synchronous: a request is one call in one of the threads. Where the database lets one
    write at a time, requests are answered one after the other, as long as they are quick: many that come together would
    hold its lock without a pause between them, and a worker would not get it.
    """

    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-request")
    turns = Semaphore(1 if connection.vendor == "sqlite" else THREADS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self._respond, thread_sensitive=False, executor=self.threads)(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        with self._turn():
            close_old_connections()
            try:
                return self.get_response(request)
            finally:
                close_old_connections()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        in_turn = self.turns.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if in_turn:
                self.turns.release()
