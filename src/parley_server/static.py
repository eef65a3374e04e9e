"""Static files, sent without Django, so that they need neither a thread nor a turn of the requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, StaticFile

from parley_server.refusals import request_of

BLOCK = 2**18
"""Bytes that are read at once."""
FOR_FRAMES = (b"cross-origin-resource-policy", b"cross-origin")
"""Lets the frame in which diagrams are drawn load its scripts: it has no origin."""


class StaticFiles:
    """Sends what WhiteNoise finds, read in two threads of its own."""

    def __init__(self) -> None:
        self._found = WhiteNoiseMiddleware(None)
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="parley-static")

    async def answer(self, scope: Any, send: Any) -> bool:
        """Send the file at this path; return False when there is none."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not path.startswith(self._found.static_prefix):
            return False
        response = await self._read(self._response, scope, path)
        if response is None:
            return False
        await self._send(response, send)
        return True

    def _response(self, scope: Any, path: str) -> Response | None:
        look = self._found.find_file if self._found.autorefresh else self._found.files.get
        try:
            found: StaticFile | None = look(path)
            return found and found.get_response(scope["method"], request_of(scope).META)
        except (OSError, ValueError, SuspiciousFileOperation):
            return None

    async def _send(self, response: Response, send: Any) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        headers.append(FOR_FRAMES)
        try:
            await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
            while response.file and (block := await self._read(response.file.read, BLOCK)):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            if response.file:
                response.file.close()

    async def _read(self, function: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._readers, function, *args)
