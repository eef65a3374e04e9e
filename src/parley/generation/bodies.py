"""The body of a request with pictures, which are read while it is sent: memory does not grow with their size."""

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from math import ceil
from typing import Any
from uuid import uuid4

import orjson

from parley import files

from .inclusion import Picture
from .outcome import ProviderError
from .wires import Wire

READ = 3 * 2**17
"""Bytes of a picture that are read at once; BASE64 makes four of three, so that pieces of this size can be joined."""
SLICE = 2**16
"""Bytes that are written at once; more would hold up every other reply."""

Piece = bytes | Picture


async def with_pictures(wire: Wire, body: dict[str, Any], pictures: list[Picture]) -> dict[str, Any]:
    """Return content and headers of a request. Raises ProviderError where a picture is missing."""
    pieces = _pieces(wire, body, pictures)
    length = await asyncio.to_thread(lambda: sum(map(_length, pieces)))
    return {"content": _sent(pieces), "options": {"headers": {"Content-Length": str(length)}}}


def _pieces(wire: Wire, body: dict[str, Any], pictures: list[Picture]) -> list[Piece]:
    """Return what stands between the pictures, and the pictures, in order: marks that nobody can guess show where."""
    marks = {picture.file: uuid4().hex for picture in pictures}
    of_mark: dict[bytes, Piece] = {marks[picture.file].encode(): picture for picture in pictures}
    whole = orjson.dumps(body, default=lambda picture: wire.picture(picture.media_type, marks[picture.file]))
    return [of_mark.get(piece, piece) for piece in re.split(b"(" + b"|".join(of_mark) + b")", whole)]


def _length(piece: Piece) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    try:
        return 4 * ceil(files.storage().size(piece.file) / 3)
    except FileNotFoundError:
        raise ProviderError("missing", detail=piece.name) from None


async def _sent(pieces: list[Piece]) -> AsyncIterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            for part in _slices(piece):
                yield part
        else:
            async for part in _read(piece):
                yield part


async def _read(picture: Picture) -> AsyncIterator[bytes]:
    kept = await asyncio.to_thread(files.storage().open, picture.file)
    try:
        while data := await asyncio.to_thread(lambda: b64encode(kept.read(READ))):
            for part in _slices(data):
                yield part
    finally:
        await asyncio.to_thread(kept.close)


def _slices(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), SLICE):
        yield data[start : start + SLICE]
