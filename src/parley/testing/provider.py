"""A provider for tests: a real server on this machine that streams what a test tells it to say."""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Messages = list[dict[str, Any]]
Answer = str | Callable[[Messages], str]
CHARACTERS_PER_TOKEN = 4
PIECES = re.compile(r"\S+\s*|\s+")
"""The words of an answer, each with the space behind it, which are sent one by one."""


def echo(messages: Messages) -> str:
    """Say again what was asked; the answer of a provider that was told nothing.

    >>> echo([{"role": "user", "content": "Hello?"}])
    'You said: Hello?'
    """
    return f"You said: {messages[-1]['content']}"


class FakeProvider:
    """Speaks the streaming API of chat completions at ``base_url``; use it as a context manager.

    ``says`` and ``fails`` tell it what to do with the next requests, each with one; after that, it says ``answer``, a
    text or a function of the messages. ``requests``: the bodies that were sent, in order. ``pause``: seconds between
    two words.
    """

    def __init__(self, answer: Answer = echo, *, models: tuple[str, ...] = ("fake-1",), pause: float = 0.0) -> None:
        self.answer, self.models, self.pause = answer, models, pause
        self.requests: list[dict[str, Any]] = []
        self._next: deque[Answer | tuple[int, str]] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self._server.daemon_threads = True

    def __enter__(self) -> "FakeProvider":
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.02,), name="fake-provider", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        """Return the address for PARLEY["BASE_URL"]."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def says(self, answer: Answer) -> None:
        """Answer the next request that nothing is planned for yet."""
        self._next.append(answer)

    def fails(self, status: int = 500, message: str = "Something failed.") -> None:
        """Refuse the next request that nothing is planned for yet."""
        self._next.append((status, message))

    def take(self, body: dict[str, Any]) -> str | tuple[int, str]:
        """Note a request, and return what to say, or the status and the message of a refusal."""
        self.requests.append(body)
        planned = self._next.popleft() if self._next else self.answer
        return planned(body["messages"]) if callable(planned) else planned


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        self._send_whole(200, {"object": "list", "data": [{"id": name} for name in self.provider.models]})

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            planned = self.provider.take(body)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            planned = (400, f"No chat completion: {error!r}.")
        if isinstance(planned, tuple):
            return self._send_whole(planned[0], {"error": {"message": planned[1]}})
        return self._stream(planned, body)

    def _send_whole(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, text: str, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in PIECES.findall(text):
            self._send_event({"choices": [{"index": 0, "delta": {"content": piece}}]})
            time.sleep(self.provider.pause)
        written, read = (len(each) // CHARACTERS_PER_TOKEN + 1 for each in (text, json.dumps(body["messages"])))
        self._send_event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self._send_event({"choices": [], "usage": {"prompt_tokens": read, "completion_tokens": written}})
        self._send_chunk(b"data: [DONE]\n\n")
        self._send_chunk(b"")

    def _send_event(self, event: dict[str, Any]) -> None:
        event |= {"id": "fake", "object": "chat.completion.chunk", "model": self.provider.models[0], "created": 0}
        self._send_chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _send_chunk(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
