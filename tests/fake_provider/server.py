"""The HTTP side: connections, parsing, and the log over HTTP."""

import asyncio
import json
import time
from typing import Any

from tests.fake_provider.ask import Ask
from tests.fake_provider.reply import Reply
from tests.fake_provider.requests import Log, Received
from tests.fake_provider.scenarios import play

MODELS = {"object": "list", "data": [{"id": "fake-1", "object": "model", "created": 0, "owned_by": "tests"}]}


class Connection(asyncio.Protocol):
    """One keep-alive connection, which answers one request after the other."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.buffer = b""
        self.received: Received | None = None
        self.answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.take_request()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answering and not self.answering.done():
            self.answering.cancel()
        if self.received and self.received.running:
            self.received.closed_by_client = time.monotonic()

    def take_request(self) -> None:
        """Start to answer, once a whole request has come and the one before is answered."""
        if self.answering:
            return
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        method, path, headers = parse_head(head)
        length = int(headers.get("content-length", 0))
        if len(rest) >= length:
            self.buffer = rest[length:]
            self.start(method, path, headers, rest[:length])

    def start(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.received = Received(method, path, headers, parse_body(body), time.monotonic())
        if not path.startswith("/_"):
            self.log.add(self.received)
        self.answering = asyncio.create_task(self.answer())

    async def answer(self) -> None:
        assert self.received
        await respond(self.transport, self.received, self.log)
        self.answering = None
        self.take_request()


async def respond(transport: asyncio.Transport, received: Received, log: Log) -> None:
    """Answer one request of any path."""
    route = (received.method, received.path)
    if route == ("POST", "/v1/chat/completions"):
        await complete(transport, received, log)
        return
    reply = Reply(transport, received, Ask(""), log)
    if route == ("GET", "/v1/models"):
        reply.whole(200, json.dumps(MODELS).encode())
    elif route == ("GET", "/_requests"):
        reply.whole(200, json.dumps(log.as_data()).encode())
    elif route == ("DELETE", "/_requests"):
        log.clear()
        reply.whole(200, b"{}")
    else:
        reply.error(404, f"Unknown path {received.path}.")


async def complete(transport: asyncio.Transport, received: Received, log: Log) -> None:
    """Answer a chat completion, and refuse what is none or does not stream."""
    try:
        ask = Ask.from_request(received.body or {}, received.headers)
    except (KeyError, TypeError, IndexError) as error:
        Reply(transport, received, Ask(""), log).error(400, f"Not a chat completion request: {error!r}.")
        return
    reply = Reply(transport, received, ask, log)
    if received.body and received.body.get("stream") is True:
        await play(reply)
    else:
        reply.error(400, "Only stream=true is served.")


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    return method, path, {name.strip().lower(): value.strip() for name, value in pairs}


def parse_body(body: bytes) -> dict[str, Any] | None:
    try:
        return json.loads(body)
    except ValueError:
        return None


async def listen(log: Log, port: int = 0, host: str = "127.0.0.1") -> asyncio.Server:
    """Start to serve; port 0 takes any free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(log), host, port, backlog=2048)
