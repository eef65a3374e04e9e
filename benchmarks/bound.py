"""The lower bound: a bare relay, as one would write it with what the product builds on, that stores nothing.

`python -m benchmarks.bound PROVIDER_URL PORT`; the socket takes a question and sends its tokens, then an empty message.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import httpx2
from websockets.asyncio.server import ServerConnection, serve

EVENT = "data: {"


class Relay:
    def __init__(self, provider: str) -> None:
        self.address = f"{provider}/chat/completions"
        limits = httpx2.Limits(max_connections=None)
        self.http = httpx2.AsyncClient(timeout=None, limits=limits, trust_env=False)

    async def serve(self, socket: ServerConnection) -> None:
        async for question in socket:
            async for text in self.tokens(str(question)):
                await socket.send(text)
            await socket.send("")

    async def tokens(self, question: str) -> AsyncIterator[str]:
        body = {"model": "fake-1", "messages": [{"role": "user", "content": question}], "stream": True}
        async with self.http.stream("POST", self.address, json=body) as response:
            async for line in response.aiter_lines():
                if text := token(line):
                    yield text


def token(line: str) -> str:
    """Return the text that a line of the stream adds."""
    if not line.startswith(EVENT):
        return ""
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content", "") if choices else ""


async def main() -> None:
    relay = Relay(sys.argv[1])
    async with serve(relay.serve, "127.0.0.1", int(sys.argv[2]), compression=None, backlog=2048) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
