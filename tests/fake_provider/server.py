"""The HTTP side: connections, parsing, and the log over HTTP."""

import asyncio
import json
import time
from typing import Any

from tests.fake_provider import vendors
from tests.fake_provider.ask import Ask
from tests.fake_provider.reply import Reply
from tests.fake_provider.requests import Log, Received
from tests.fake_provider.scenarios import FOREVER, SCENARIOS, play

MODELS = ("fake-1", "fake-2", "fake-title", "text-embedding-fake", "fake-tts", "fake-image-1")
ODD_ROWS = [None, 7, {}, {"id": None}, {"id": ["x"]}, {"id": ""}, {"id": "a\nb"}, {"id": "nul\0"}, {"id": "x" * 201},
            {"id": "fake-1"}, {"id": "fake-1"}, {"id": "<b>odd</b>"}]  # fmt: skip
LISTS: dict[str, Any] = {
    "/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]},
    "/many/v1/models": {"data": [{"id": f"fake-{number:05}"} for number in range(5000)]},
    "/odd/v1/models": {"data": ODD_ROWS},
    "/none/v1/models": {"object": "list", "data": []},
    "/nonsense/v1/models": {"data": "no list"},
    "/endless/v1/models": {"data": [{"id": "fake-1", "about": "x" * 9_000_000}]},
    **vendors.LISTS,
}
"""What GET says, as to /models, by the base URL that is chosen; any other path is answered with 404."""
SILENT, FORGED = "/silent/v1/models", "/forged/v1/models"


class Connection(asyncio.Protocol):
    """One keep-alive connection, which answers one request after the other."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.buffer = bytearray()
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
        start = self.buffer.find(b"\r\n\r\n") + 4
        if start < 4:
            return
        method, path, headers = parse_head(bytes(self.buffer[:start]).rstrip())
        end = start + int(headers.get("content-length", 0))
        if len(self.buffer) >= end:
            body = bytes(self.buffer[start:end])
            del self.buffer[:end]
            self.start(method, path, headers, body)

    def start(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        path, _, query = path.partition("?")
        self.received = Received(method, path, headers, parse_body(body), time.monotonic(), query)
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
    if received.method == "GET" and received.path in LISTS:
        reply.whole(200, json.dumps(LISTS[received.path]).encode())
    elif route == ("POST", vendors.SHOW) and (shown := vendors.SHOWN.get((received.body or {}).get("model", ""))):
        reply.whole(200, json.dumps(shown).encode())
    elif route == ("GET", FORGED):
        await SCENARIOS["forged-error"](Reply(transport, received, Ask("", key=received.key), log))
    elif route == ("GET", SILENT):
        await asyncio.sleep(FOREVER)
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
    if not in_turn([message["role"] for message in received.messages]):
        reply.error(400, "Conversation roles must alternate user/assistant/user/assistant/...")
    elif received.body and received.body.get("stream") is True:
        await play(reply)
    else:
        reply.error(400, "Only stream=true is served.")


def in_turn(roles: list[str]) -> bool:
    """Say whether user and assistant alternate after the system prompt, as strict templates want it."""
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    return all(role == ("user", "assistant")[number % 2] for number, role in enumerate(spoken))


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
