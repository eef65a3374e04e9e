"""Read e-mails, and pages that a browser saved as one file: both are MIME, whose texts are mostly encoded. Pure."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import cast

from parley.text import clean_line

from .hypertext import markdown_in
from .plain import decoded
from .results import Read, summed, whole

OF_MIME = ("content-", "mime-version")
"""How the headers begin that tell how a letter is encoded."""
LONGEST_HEADER, LONGEST_NAME = 10_000, 200
RICHER = 2
"""A page that has so many times the letters of the plain text beside it says what that does not."""
TEXT, PAGE = "text/plain", "text/html"


def read(path: str, media_type: str) -> Read:
    """Return the headers, the text, and the names of attached files. Raises Refused."""
    notes: list[str] = []
    read = whole("\n\n".join(_message(message_from_bytes(Path(path).read_bytes()), notes)))
    return read._replace(notes=[*read.notes, *summed(notes)])


def _message(message: Message, notes: list[str]) -> Iterator[str]:
    """Yield a letter, with those that it forwards. ``notes``: gets what is to be said of it."""
    headers = ((name, value) for name, value in message.raw_items() if not name.lower().startswith(OF_MIME))
    yield "\n".join(f"{name}: {header(value)}" for name, value in headers)
    yield from filter(None, (text.strip("\n") for text in _part(message, notes)))


def _part(part: Message, notes: list[str]) -> Iterator[str]:
    kind, held = part.get_content_type(), cast("list[Message]", part.get_payload() if part.is_multipart() else [])
    if kind == "multipart/alternative" and held:
        yield from _fullest(held, notes)
    elif held:
        inner = _message if kind == "message/rfc822" else _part
        for each in held:
            yield from inner(each, notes)
    elif kind in _AS_TEXT and part.get_content_disposition() != "attachment":
        yield _AS_TEXT[kind](part, notes)
    else:
        yield _left_out(part, notes)


def _fullest(versions: list[Message], notes: list[str]) -> Iterator[str]:
    """Yield the plain one of several versions, unless another says much more."""
    read = [(told := [], "\n\n".join(_part(each, told))) for each in versions]  # type: ignore[var-annotated]
    plain = [each.get_content_type() == TEXT for each in versions]
    sizes = [_letters(text) * (RICHER if first else 1) for first, (_, text) in zip(plain, read, strict=True)]
    if sizes:
        told, text = read[sizes.index(max(sizes))]
        notes += told
        yield text


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _left_out(part: Message, notes: list[str]) -> str:
    """Return the name of a part that is not read, "" where it has none. ``notes``: gets that it was left out."""
    name, main = clean_line(header(part.get_filename()), LONGEST_NAME), part.get_content_maintype()
    if main == "image":
        notes.append("pictures:1")
    elif name:
        notes.append("embedded")
    return f"[Attached: {name}]" * bool(name)


def _plain(part: Message, notes: list[str]) -> str:
    text, told = decoded(_bytes_of(part), _charset(part))
    notes += told
    return text


def _page(part: Message, notes: list[str]) -> str:
    charset, data = _charset(part), _bytes_of(part)
    return markdown_in(decoded(data, charset)[0].encode() if charset else data, notes)


def _bytes_of(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _charset(part: Message) -> str:
    with suppress(LookupError, ValueError):
        return part.get_content_charset("")
    return ""


def header(value: object) -> str:
    """Return a header in words: most are encoded, some stand as bytes of any encoding.

    >>> header("=?utf-8?q?Gr=C3=BC=C3=9Fe?= von mir"), header(None)
    ('Grüße von mir', '')
    """
    written = decoded(str(value or "")[:LONGEST_HEADER].encode("utf-8", "surrogateescape"))[0]
    with suppress(HeaderParseError, LookupError, ValueError):
        return clean_line(str(make_header(decode_header(written))), LONGEST_HEADER)
    return clean_line(written, LONGEST_HEADER)


_AS_TEXT: dict[str, Callable[[Message, list[str]], str]] = {TEXT: _plain, PAGE: _page}
