"""The bytes of a file from a stranger: what they are, and as UTF-8, piece by piece. Pure."""

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
    return start.startswith(_ARCHIVES)


def is_json(start: bytes) -> bool:
    """Whether it may be an object or an array."""
    encoding = _encoding(start)
    text = start.decode(encoding, "ignore").encode() if encoding else start
    return text.lstrip()[:1] in (b"{", b"[")


def chunks(stream: Readable) -> Iterator[bytes]:
    """All of it; text that says by its first bytes that it is UTF-16 or UTF-32 as UTF-8."""
    chunk = stream.read(CHUNK)
    encoding = _encoding(chunk)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
        chunk = stream.read(CHUNK)


def _encoding(start: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), "")
