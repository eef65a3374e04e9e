"""Bytes → server-sent events, and what gateways send in place of them. Pure.

Source: WHATWG HTML, 9.2 "Server-sent events". Understood as well: events without an empty line between them, lines of
JSON without ``data:`` (NDJSON, or a whole answer as JSON), and the line ``error: {…}`` of llama.cpp.
"""

import json

LONGEST_EVENT = 16_000_000
"""Bytes; pictures fit into one event, and what is longer is no answer."""
MAX_PIECES = 1000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIELDS = (b"", b"data", b"id", b"retry")
HEARTBEATS = (b"ping", b"heartbeat", b"keepalive", b"keep-alive")
LONGEST_STRAY = 500


class NotAnEvent(ValueError):
    """More bytes have arrived without an end than an event may have."""


class Events:
    """Parses bytes, cut anywhere, into the data of complete events.

    ``stray``: the first line that belongs to no event, or b"".

    >>> events = Events()
    >>> events.feed(b'data: {"a": 1}\\n\\nda'), events.feed(b"ta: [DONE]\\n\\n")
    ([b'{"a": 1}'], [b'[DONE]'])
    """

    def __init__(self) -> None:
        self._buffers: list[bytes] = []
        self._data: list[bytes] = []
        self._json: list[bytes] = []
        self._size = self._waiting = 0
        self._name = b""
        self._refused: NotAnEvent | None = None
        self.stray = b""

    def feed(self, received: bytes) -> list[bytes]:
        """Return the data of the events that are complete now. Raises NotAnEvent, after the events that came before."""
        if self._refused:
            raise self._refused
        after_carriage_return = bool(self._buffers) and self._buffers[-1].endswith(b"\r")
        if b"\n" not in received and b"\r" not in received and not after_carriage_return:
            return self._wait(received)
        *lines, rest = _lines(b"".join((*self._buffers, received)) if self._buffers else received)
        self._buffers, self._waiting = [rest] if rest else [], len(rest)
        events: list[bytes] = []
        try:
            for line in lines:
                self._take(line, events)
            self._refuse_too_much(self._waiting)
        except NotAnEvent as error:
            if not events:
                raise
            self._refused = error
        return events

    def close(self) -> list[bytes]:
        """Return the last events of a server that forgot its final empty line."""
        events = self.feed(b"\n\n")
        if self._json:
            events.append(self._whole_json())
        return events

    def _wait(self, received: bytes) -> list[bytes]:
        """Keep part of a long line, without scanning again what is there of it."""
        self._buffers.append(received)
        self._waiting += len(received)
        if len(self._buffers) > MAX_PIECES:
            self._buffers = [b"".join(self._buffers)]
        self._refuse_too_much(self._waiting)
        return []

    def _take(self, line: bytes, events: list[bytes]) -> None:
        if line[:5] == b"data:":
            self._take_data(line[6:] if line[5:6] == b" " else line[5:], events)
        elif line:
            self._take_other(line, events)
        else:
            if self._data:
                events.append(self._event())
            self._name = b""

    def _take_data(self, data: bytes, events: list[bytes]) -> None:
        if self._data and data.lstrip()[:1] in (b"{", b"[") and self._data[-1].rstrip()[-1:] == b"}":
            events.append(self._event())  # JSON cannot go on like this: the gateway forgot the empty line
        self._data.append(data)
        self._size += len(data) + 5
        self._refuse_too_much(0)
        if is_done(data):
            events.append(self._event())

    def _event(self) -> bytes:
        data, self._data, self._size = b"\n".join(self._data), [], 0
        if self._name == b"error":
            return _as_error(data)
        return b"" if self._name in HEARTBEATS else data

    def _take_other(self, line: bytes, events: list[bytes]) -> None:
        name, colon, value = line.partition(b":")
        if line.startswith(BYTE_ORDER_MARK):
            self._take(line.removeprefix(BYTE_ORDER_MARK), events)
        elif self._json or (line[:1] in (b"{", b"[") and not self._data):
            self._take_json(line, events)
        elif name == b"event":
            self._name = value.strip().lower()
        elif name == b"error" and colon:
            events.append(_as_error(value))
        elif name not in FIELDS and not self.stray and not b"data".startswith(line):
            self.stray = line[:LONGEST_STRAY]

    def _take_json(self, line: bytes, events: list[bytes]) -> None:
        """Take a line that is an object, or one of several that end, at the margin, as the first began."""
        self._json.append(line)
        self._size += len(line)
        self._refuse_too_much(0)
        end = b"}" if self._json[0].startswith(b"{") else b"]"
        if line.startswith(end) or (len(self._json) == 1 and line.rstrip().endswith(end)):
            events.append(self._whole_json())

    def _whole_json(self) -> bytes:
        data, self._json, self._size = b"\n".join(self._json), [], 0
        return data

    def _refuse_too_much(self, waiting: int) -> None:
        if self._size + waiting > LONGEST_EVENT:
            raise NotAnEvent(f"An event of more than {LONGEST_EVENT} bytes")


def is_done(data: bytes) -> bool:
    """Return whether this is the data of the event that ends a stream.

    >>> is_done(b" [done]"), is_done(b'"[DONE]"')
    (True, False)
    """
    return len(data) < 12 and data.strip().upper() == b"[DONE]"


def _lines(text: bytes) -> list[bytes]:
    """Split into lines, the last of which has no end yet: a carriage return there may be half of one."""
    if b"\r" in text:
        text, held = (text[:-1], b"\r") if text.endswith(b"\r") else (text, b"")
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
    return text.split(b"\n")


def _as_error(data: bytes) -> bytes:
    data = data.strip()
    body = data if data[:1] in (b"{", b"[", b'"') else json.dumps(data.decode("utf-8", "replace")).encode()
    return b'{"object":"error","error":%b}' % body
