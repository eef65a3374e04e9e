"""The same relay with the leanest parts that Python has: uvloop, aiohttp at both ends, orjson.

`python -m benchmarks.floor PROVIDER_URL PORT`; the protocol is that of benchmarks.bound.
"""

import sys

import orjson
import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

EVENT = b"data: {"


class Relay:
    def __init__(self, provider: str) -> None:
        self.address = f"{provider}/chat/completions"

    async def connect(self, app: web.Application) -> None:
        self.http = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(None))

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            await self.answer(socket, message.data)
        return socket

    async def answer(self, socket: web.WebSocketResponse, question: str) -> None:
        body = {"model": "fake-1", "messages": [{"role": "user", "content": question}], "stream": True}
        async with self.http.post(self.address, json=body) as response:
            async for line in response.content:
                if text := token(line):
                    await socket.send_str(text)
        await socket.send_str("")


def token(line: bytes) -> str:
    """Return the text that a line of the stream adds."""
    if not line.startswith(EVENT):
        return ""
    choices = orjson.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content", "") if choices else ""


def main() -> None:
    uvloop.install()
    relay, app = Relay(sys.argv[1]), web.Application()
    app.on_startup.append(relay.connect)
    app.router.add_get("/", relay.serve)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=None, print=None, backlog=2048)


if __name__ == "__main__":
    main()
