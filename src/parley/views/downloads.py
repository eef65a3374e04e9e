"""Files to save, sent a block at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import IO, cast

from django.http import FileResponse, HttpResponse

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
}
"""A browser that shows a file all the same runs nothing in it, and gives it no origin."""
OF_STRANGERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
"""Of files that people have sent: no other site shows them, and no page is made of them."""
SHOWN = ("image/jpeg", "image/png", "image/webp")
"""The types of pictures that Parley makes itself."""


def download(file: IO[bytes], name: str, content_type: str, headers: Mapping[str, str] = HEADERS) -> HttpResponse:
    """Send a file as an attachment of this name."""
    response = _Download(file, as_attachment=True, filename=name, content_type=content_type, headers=dict(headers))
    return cast(HttpResponse, response)


def picture(file: IO[bytes], name: str, content_type: str) -> HttpResponse:
    """Send a picture that Parley has made, to be shown in a page; anything else as a file to save."""
    if content_type not in SHOWN:
        return download(file, name, "application/octet-stream", OF_STRANGERS)
    return cast(HttpResponse, _Download(file, filename=name, content_type=content_type, headers={**OF_STRANGERS}))


class _Download(FileResponse):
    """A response in blocks: under an asynchronous server, Django reads its own into memory as a whole."""

    block_size = 2**18

    async def __aiter__(self) -> AsyncIterator[bytes]:
        blocks = iter(self)
        while block := await asyncio.to_thread(next, blocks, b""):
            yield block
