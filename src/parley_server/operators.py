"""Answers to balancers and to Prometheus, before Django, in threads that no page can take."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from parley.monitoring import answers
from parley.monitoring.answers import PLAIN, Answer

ALIVE = Answer(200, PLAIN, b"ok")
ALIVE_PATHS = ("/healthz", "/up")
ONLY_READ = Answer(405, PLAIN, b"Ask with GET.\n")


class Operators:
    """Answers /healthz, /up, /readyz and /metrics."""

    def __init__(self) -> None:
        self._health = ThreadPoolExecutor(4, thread_name_prefix="parley-ready")
        self._metrics = ThreadPoolExecutor(1, thread_name_prefix="parley-scrape")

    async def answer(self, path: str, scope: dict[str, Any]) -> Answer | None:
        """Return the answer to a request, None where its path is another."""
        if path in ALIVE_PATHS:
            return ALIVE
        if path not in ("/readyz", "/metrics"):
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return ONLY_READ
        loop = asyncio.get_running_loop()
        if path == "/readyz":
            return await loop.run_in_executor(self._health, answers.ready, scope["query_string"].decode("latin-1"))
        return await loop.run_in_executor(self._metrics, answers.metrics, header_of(scope, b"authorization"))


def header_of(scope: dict[str, Any], wanted: bytes) -> str:
    """Return a header of a request, "" where there is none."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted), "")
