"""Untrusted files: archives and JSON by their first bytes, text as UTF-8 chunks, and an import's limits. Pure."""

import codecs
import time
from collections.abc import Callable, Iterator
from typing import Protocol

CHUNK = 2**18

_ARCHIVES = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_archive(start: bytes) -> bool:
    """Tell by its first bytes whether a file is a ZIP archive.

    >>> is_archive(b"PK\\3\\4..."), is_archive(b"[]")
    (True, False)
    """
    return start.startswith(_ARCHIVES)


def is_json(start: bytes) -> bool:
    """Tell by its first bytes, in any UTF encoding, whether a file may be a JSON object or array.

    >>> is_json(b" [1"), is_json('{"a": 1}'.encode("utf-16")), is_json(b"<html>")
    (True, True, False)
    """
    encoding = _encoding(start)
    text = start.decode(encoding, "ignore").encode() if encoding else start
    return text.lstrip()[:1] in (b"{", b"[")


def chunks(stream: Readable) -> Iterator[bytes]:
    """Yield the whole stream in chunks; UTF-16 and UTF-32, known by their byte order mark, become UTF-8."""
    chunk = stream.read(CHUNK)
    encoding = _encoding(chunk)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
        chunk = stream.read(CHUNK)


def _encoding(start: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), "")


LIMITS = TIME_UP, TOO_MANY = "time_up", "too_many_messages"
MAX_BYTES = 8 * 2**30
"""Bytes unpacked from all files of an archive together."""


class Refused(Exception):
    """Raised when an archive, or a file of it, is not read further. ``str()``: a key of warnings.ERRORS."""


class Reached(Exception):
    """Raised to end an import, whatever its file still holds. ``str()``: a key of warnings.ERRORS."""


class Limits:
    """Count down what one import may take; every loop over a file asks, for it may be a billion brackets.

    ``bytes``: how many may still be unpacked.

    >>> Limits(60, 2).count(3)
    Traceback (most recent call last):
    parley.transfer.streams.Reached: too_many_messages
    """

    def __init__(self, seconds: float, rows: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until, self._rows, self.bytes = clock, clock() + seconds, rows, MAX_BYTES

    def check(self) -> None:
        """Raise Reached when the time is up."""
        if self._clock() > self._until:
            raise Reached(TIME_UP)

    def count(self, rows: int) -> None:
        """Take ``rows`` messages, or values that are none, from what is left. Raises Reached for time or number."""
        self.check()
        if rows > self._rows:
            raise Reached(TOO_MANY)
        self._rows -= rows

    def unpack(self, size: int) -> None:
        """Take ``size`` bytes from those that may be unpacked. Raises Reached for time, Refused for too many bytes."""
        self.check()
        self.bytes -= size
        if self.bytes < 0:
            raise Refused("bomb")
