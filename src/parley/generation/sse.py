"""Bytes → server-sent events. Pure.

Source: WHATWG HTML, 9.2 "Server-sent events"; only ``data`` matters to a chat completion.
"""

LONGEST_EVENT = 1_000_000
"""Bytes; a longer event is not an answer."""


class NotAnEvent(ValueError):
    """More bytes without an end than an event has."""


class Events:
    """Feed it bytes cut anywhere; it gives back the data of each event that is whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> list[bytes]:
        """Raises NotAnEvent."""
        text = self._rest + received
        if b"\r" in text:
            text, held = (text[:-1], b"\r") if text.endswith(b"\r") else (text, b"")
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *lines, self._rest = text.split(b"\n")
        if len(self._rest) > LONGEST_EVENT:
            raise NotAnEvent(len(self._rest))
        return [event for line in lines if (event := self._take(line)) is not None]

    def close(self) -> list[bytes]:
        """What a server sent that forgot its last empty line."""
        return self.feed(b"\n\n")

    def _take(self, line: bytes) -> bytes | None:
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        if line or not self._data:
            return None
        event, self._data = b"\n".join(self._data), []
        return event
