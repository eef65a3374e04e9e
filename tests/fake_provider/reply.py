"""Writes one HTTP response, with every byte under control."""

import asyncio
import socket
import struct
import time
from typing import Any

from tests.fake_provider.answers import blocks_of
from tests.fake_provider.ask import NARROW, Ask, text_of
from tests.fake_provider.requests import Log, Received
from tests.fake_provider.wire import DONE, Chunks, error_body

REASONS = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
QUICK = 200.0
WINDOW = 4096
THOUGHTS = "Let me think about it."
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Reply:
    """The response to one request; scenarios call its methods in the order of the bytes."""

    def __init__(self, transport: asyncio.Transport, received: Received, ask: Ask, log: Log) -> None:
        self.transport, self.received, self.ask, self.log = transport, received, ask, log
        self.chunks = Chunks(ask.model, ask.usage_wanted)
        self.blocks = blocks_of(ask)

    def head(self, status: int = 200, **headers: str) -> None:
        """Write the status line and the headers; names are given with underscores."""
        self.received.status = status
        named = {"content_type": "text/event-stream; charset=utf-8", "transfer_encoding": "chunked", **headers}
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in named.items() if value]
        self.raw("\r\n".join([*lines, "", ""]).encode())

    def whole(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        """Write a response of known length, and end."""
        self.head(status, content_type=content_type, transfer_encoding="", content_length=str(len(body)), **headers)
        self.received.ended = time.monotonic()
        self.raw(body)

    def error(
        self, status: int, message: str, code: str | None = None, param: str | None = None, **headers: str
    ) -> None:
        self.whole(status, error_body(status, message, code, param), **headers)

    def raw(self, data: bytes) -> None:
        self.transport.write(data)

    def body(self, data: bytes) -> None:
        """Write one HTTP chunk of the body."""
        self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    def open(self) -> None:
        """Write what comes before the first word: thoughts as well, when the question has the word `thinking`."""
        self.head()
        self.body(self.chunks.role())
        if "thinking" in self.ask.arguments.split():
            self.body(self.chunks.delta({"reasoning_content": THOUGHTS}))

    async def tell(self, blocks: list[str] | None = None) -> None:
        """Write pieces of content, as many a second as the question says after `at`."""
        pace = Pace(self.ask.option("at", QUICK))
        for block in self.blocks if blocks is None else blocks:
            await pace.next()
            self.body(self.chunks.content(block))
            self.count(pace)

    def count(self, pace: "Pace") -> None:
        self.received.blocks += 1
        self.received.latest = max(self.received.latest, pace.late)
        if self.received.first_token is None:
            self.received.first_token = time.monotonic()

    def finish(self, reason: str = "stop") -> None:
        """Write the finish reason and the usage, when it was asked for."""
        self.body(self.chunks.delta({}, reason))
        if self.ask.usage_wanted:
            self.usage()

    def usage(self, **details: Any) -> None:
        asked = sum(len(text_of(message).encode()) // 4 + 1 for message in self.received.messages)
        read = min(asked, WINDOW) if self.ask.model == NARROW else asked
        self.body(self.chunks.usage(read, len(self.blocks), **details))

    def done(self) -> None:
        self.body(DONE)

    def end(self) -> None:
        """End the body as HTTP wants it."""
        self.received.ended = time.monotonic()
        self.raw(b"0\r\n\r\n")

    def drop(self) -> None:
        """Close the connection in the middle of the body."""
        self.received.dropped = time.monotonic()
        self.transport.close()

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.received.dropped = time.monotonic()
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.abort()


class Pace:
    """Waits so that one thing happens every 1/rate seconds, without drifting."""

    def __init__(self, rate: float) -> None:
        self.step = 1 / rate
        self.due = asyncio.get_running_loop().time()
        self.late = 0.0

    async def next(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self.due:
            await asyncio.sleep(self.due - now)
        self.late = max(0.0, now - self.due)
        self.due += self.step
