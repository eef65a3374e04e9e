"""Bytes → server-sent events. Pure.

Source: WHATWG HTML, 9.2 "Server-sent events"; only ``data`` matters to a chat completion.
"""

LONGEST_EVENT = 1_000_000
"""Bytes; a longer event is not an answer."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NotAnEvent(ValueError):
    """More bytes without an end than an event has."""


class Events:
    """Feed it bytes cut anywhere; it gives back the data of each event that is whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, received: bytes) -> list[bytes]:
        """Raises NotAnEvent."""
        text = self._rest + received
        if b"\r" in text:
            text, held = (text[:-1], b"\r") if text.endswith(b"\r") else (text, b"")
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *lines, self._rest = text.split(b"\n")
        events = [event for line in lines if (event := self._take(line)) is not None]
        self._refuse_too_much(self._rest)
        return events

    def close(self) -> list[bytes]:
        """What a server sent that forgot its last empty line."""
        return self.feed(b"\n\n")

    def _take(self, line: bytes) -> bytes | None:
        line = line.removeprefix(BYTE_ORDER_MARK)
        self._refuse_too_much(line)
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            self._size += len(line)
        if line or not self._data:
            return None
        event, self._data, self._size = b"\n".join(self._data), [], 0
        return event

    def _refuse_too_much(self, line: bytes) -> None:
        if self._size + len(line) > LONGEST_EVENT:
            raise NotAnEvent(self._size + len(line))
