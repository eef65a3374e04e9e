"""Split untrusted JSON of any size into its elements, and parse each. Pure.

An element is an object at the top level, or an object or array inside a top-level array. Only one is held, so that
memory does not grow with the file, and a broken one does not spoil the next.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

LARGEST = 32 * 2**20
"""Bytes of one element."""
LONGEST = 4 * 2**20
"""Bytes of one string; the rest is cut."""
LONGEST_DATA = 64 * 2**10
"""Bytes of a string that is a ``data:`` URL: of a longer one only the media type is kept, unless its element, with it,
has at most ``MOST_DATA`` bytes."""
MOST_DATA = 16 * 2**20
MAX_OBJECTS, MAX_VALUES = 500_000, 2_000_000
"""Of one element: "[],[],[]" takes twenty times its size once parsed."""
DEEPEST = 10_000
SCANS = 5_000
"""Brackets and strings between two calls of ``on_work``: a few milliseconds."""
LONGEST_NUMBER = 18

_RUN = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_WHOLE_ESCAPES = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+', re.DOTALL)
_STRAY = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,"]+', re.DOTALL)
_TOKEN = re.compile(r'[\[\]{}"]|[^\s,:\[\]{}"]+')


@dataclass(frozen=True, slots=True)
class Element:
    """One element. ``problem``: "too_large" or "too_deep", without data then. ``cut``: strings that were too long."""

    data: bytes
    problem: str = ""
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed element. ``replaced``: some bytes were not UTF-8. ``repeated``: values hidden by a repeated key."""

    value: Any
    replaced: bool
    repeated: int


class Splitter:
    """Split chunks of JSON into elements. ``strays``: values outside of any element, so far.

    >>> [element.data for element in Splitter().feed(b'[{"a": 1}, {"b": [2]}')]
    [b'{"a": 1}', b'{"b": [2]}']
    """

    def __init__(self, on_work: Callable[[], None] = lambda: None) -> None:
        """Call ``on_work`` every SCANS steps; what it raises goes up."""
        self.strays = 0
        self._on_work, self._scans = on_work, 0
        self._buffer = bytearray()
        self._at = 0
        self._start = -1
        self._depth = self._base = 0
        self._problem, self._cut, self._discarding = "", 0, False
        self._objects = self._values = 0

    @property
    def whole(self) -> bool:
        """Tell whether the text so far ends outside of an element."""
        return not self._depth and not self._discarding and self._at == len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[Element]:
        """Yield the elements that this chunk completes."""
        self._buffer += chunk
        while self._discarding or self._at < len(self._buffer):
            self._scans += 1
            if self._scans % SCANS == 0:
                self._on_work()
            before = self._at, self._discarding
            if self._discarding:
                self._discard()
            elif element := self._scan():
                yield element
            if before == (self._at, self._discarding):
                break
        self._forget()

    def _scan(self) -> Element | None:
        """Go on to the next bracket, or to a string that is not complete yet."""
        match = _RUN.match(self._buffer, self._at)
        end = match.end() if match else self._at
        if self._depth == self._base:
            self.strays += sum(1 for _ in _STRAY.finditer(self._buffer, self._at, end))
        self._values += self._buffer.count(b",", self._at, end)
        self._at = end
        if end == len(self._buffer):
            return None
        if self._buffer[end] == ord('"'):
            self._shorten()
            return None
        self._at += 1
        if self._buffer[end] in b"]}":
            return self._close()
        self._open()
        return None

    def _open(self) -> None:
        if self._depth == 0 and self._buffer[self._at - 1] == ord("["):
            self._base = self._depth = 1
            return
        if self._depth == self._base:
            self._start, self._problem, self._cut = self._at - 1, "", 0
            self._objects = self._values = 0
        self._depth += 1
        self._objects += 1
        if self._depth > DEEPEST:
            self._problem = "too_deep"
        elif self._objects > MAX_OBJECTS or self._values > MAX_VALUES:
            self._problem = self._problem or "too_large"

    def _close(self) -> Element | None:
        if self._depth == 0:
            self.strays += 1
            return None
        self._depth -= 1
        if self._depth < self._base:
            self._base = 0
            return None
        return self._finished() if self._depth == self._base else None

    def _finished(self) -> Element:
        too_large = self._at - self._start > LARGEST or self._values > MAX_VALUES
        problem = self._problem or ("too_large" if too_large else "")
        data = b"" if problem else bytes(self._buffer[self._start : self._at])
        self._start = -1
        return Element(data, problem, self._cut)

    def _shorten(self) -> None:
        """Cut an incomplete string at its limit, and discard the rest as it comes."""
        is_data = self._buffer.startswith(b'"data:', self._at)
        inside = MOST_DATA - (self._at - self._start) if self._start >= 0 else 0
        if len(self._buffer) - self._at <= (max(LONGEST_DATA, inside) if is_data else LONGEST):
            return
        match = _WHOLE_ESCAPES.match(self._buffer, self._at + 1, self._at + (64 if is_data else LONGEST))
        end = match.end() if match else self._at + 1
        while self._buffer[end] & 0xC0 == 0x80:
            end -= 1
        self._at, self._discarding, self._cut = end, True, self._cut + (not is_data)

    def _discard(self) -> None:
        match = _INSIDE.match(self._buffer, self._at)
        end = match.end() if match else self._at
        ended = end < len(self._buffer) and self._buffer[end] == ord('"')
        del self._buffer[self._at : end]
        if ended:
            self._at, self._discarding = self._at + 1, False

    def _forget(self) -> None:
        """Free what is split already, and an element once it is too large."""
        if self._start >= 0 and not self._problem and self._at - self._start > LARGEST:
            self._problem = "too_large"
        used = self._at if self._start < 0 or self._problem else self._start
        del self._buffer[:used]
        self._at -= used
        self._start = -1 if self._start < 0 else 0


def parse(data: bytes) -> Parsed:
    """Parse an element. Raises ValueError.

    Of a repeated key the last value counts; NaN and Infinity become None, and integers of many digits floats.

    >>> parse(b'{"a": 1, "a": NaN}')
    Parsed(value={'a': None}, replaced=False, repeated=1)
    """
    text = data.decode(errors="replace")
    replaced = "\ufffd" in text and text.encode() != data
    repeated = Repeated()
    try:
        value = json.loads(text, strict=False, object_pairs_hook=repeated.count, parse_int=_whole, parse_constant=_none)
    except RecursionError:
        value = _deep(text, repeated.count)
    return Parsed(value, replaced, repeated.number)


class Repeated:
    """Count the values that a repeated key hides."""

    number = 0

    def count(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Make the object of these pairs, and count."""
        made = dict(pairs)
        self.number += len(pairs) - len(made)
        return made


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


def _none(_name: str) -> None:
    return None


def _deep(text: str, made: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    """Parse as ``json.loads`` does, at any depth of nesting and less strict on commas. Raises ValueError."""
    top: list[Any] = []
    stack: list[tuple[str, list[Any]]] = [("[", top)]
    at = 0
    while token := _TOKEN.search(text, at):
        word, at = token[0], token.end()
        if word in ("[", "{"):
            stack.append((word, []))
        elif word in ("]", "}"):
            kind, values = stack.pop()
            if not stack:
                raise ValueError("A bracket too many.")
            stack[-1][1].append(values if kind == "[" else made(_pairs(values)))
        elif word == '"':
            value, at = scanstring(text, at, False)
            stack[-1][1].append(value)
        else:
            stack[-1][1].append(json.loads(word, parse_int=_whole, parse_constant=_none))
    if len(stack) > 1 or len(top) != 1:
        raise ValueError("Not one value.")
    return top[0]


def _pairs(values: list[Any]) -> list[tuple[str, Any]]:
    pairs = list(zip(values[::2], values[1::2], strict=True))
    if not all(isinstance(key, str) for key, _ in pairs):
        raise ValueError("A key that is no text.")
    return pairs
