"""Untrusted files: recognise archives and JSON by their first bytes, and read text as UTF-8 chunks. Pure."""

import codecs
from collections.abc import Iterator
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
