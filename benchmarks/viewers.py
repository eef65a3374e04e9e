"""A viewer: somebody who asks one question and watches its answer arrive."""

import asyncio
import re
import time
from abc import ABC, abstractmethod
from typing import Any

import aiohttp
import orjson

from benchmarks.frames import Answer, applied
from tests.support.people import PASSWORD, TURBO

REPLY = re.compile(r'<parley-reply [^>]*reply="([0-9a-f-]{36})"')
VERSION = re.compile(r'<meta name="parley-version" content="(\d+)">')
SERVER_KEEPS_ALIVE = 5
"""Seconds after which the web server closes an idle connection."""
CONVERSATION = re.compile(r"/c/([0-9a-f-]{36})/")


class Viewer(ABC):
    """Times are of the machine's monotonic clock, in seconds; `arrivals` has one for each token."""

    def __init__(self, url: str, question: str, answer: Answer) -> None:
        self.url, self.question, self.answer = url, question, answer
        self.asked_at = 0.0
        self.arrivals: list[float] = []
        self.bytes = 0
        self.exact = False

    async def __aenter__(self) -> "Viewer":
        kept = aiohttp.TCPConnector(keepalive_timeout=SERVER_KEEPS_ALIVE / 2)
        self.http = aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=kept)
        await self.come()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.http.close()

    @abstractmethod
    async def come(self) -> None:
        """Do everything that happens before the question."""

    @abstractmethod
    async def ask(self) -> None:
        """Ask, and watch until the answer has ended."""

    def saw(self, tokens: int) -> None:
        self.arrivals += [time.monotonic()] * (tokens - len(self.arrivals))


class BareViewer(Viewer):
    """Watches the relay, which sends every token by itself and an empty message at the end."""

    async def come(self) -> None:
        self.socket = await self.http.ws_connect("/", max_msg_size=0)

    async def ask(self) -> None:
        self.asked_at, text = time.monotonic(), []
        await self.socket.send_str(self.question)
        while piece := await self.socket.receive_str():
            text.append(piece)
            self.bytes += len(piece.encode())
            self.saw(len(text))
        self.exact = "".join(text) == self.answer.text


class ProductViewer(Viewer):
    """A signed-in person with a tab open on a conversation."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(*args)
        self.name, self.reply, self.blocks, self.early = name, "", list[str](), list[str]()
        self.version, self.forms = 0, 0

    async def come(self) -> None:
        await self.post("/accounts/login/", username=self.name, password=PASSWORD)
        page = await self.post("/conversations/", text="/say 1 words")
        self.conversation = CONVERSATION.search(page)[1]
        self.socket = await self.http.ws_connect("/ws/parley/", origin=self.url, max_msg_size=0)
        await self.settled_first()
        self.watching = asyncio.create_task(self.watch())

    async def __aexit__(self, *exc_info: object) -> None:
        self.watching.cancel()
        await super().__aexit__(*exc_info)

    async def post(self, path: str, **fields: str) -> str:
        if not len(self.http.cookie_jar):
            await (await self.http.get("/accounts/login/")).read()
        token = next(cookie.value for cookie in self.http.cookie_jar if cookie.key == "csrftoken")
        headers = {"Accept": TURBO, "Origin": self.url, "X-Parley-Tab": f"tab{self.forms}"}
        async with self.http.post(path, data={"csrfmiddlewaretoken": token, **fields}, headers=headers) as response:
            assert response.status == 200, f"{path}: {response.status}\n{await response.text()}"
            self.version = int(response.headers.get("X-Parley-Version", self.version))
            return await response.text()

    async def settled_first(self) -> None:
        """Wait for the answer that the conversation began with, and go on from its page."""
        page = ""
        while 'data-role="assistant" data-status="done"' not in page:
            await self.show(0)
            await self.socket.receive()
            page = await (await self.http.get(f"/c/{self.conversation}/")).text()
        await self.show(int(VERSION.search(page)[1]))

    async def show(self, version: int) -> None:
        """Say what is shown, under another name than before, as a browser does when a form was answered."""
        self.version, self.forms = version, self.forms + 1
        await self.send(do="open", conversation=self.conversation, version=version, tab=f"tab{self.forms}")

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(orjson.dumps(message).decode())

    async def ask(self) -> None:
        self.asked_at = time.monotonic()
        stream = await self.post(f"/c/{self.conversation}/messages/", text=self.question)
        self.reply = REPLY.search(stream)[1]
        await self.show(self.version)
        await self.send(do="follow", reply=self.reply, **{"as": 1, "from": "0"})
        ended = [self.take(text) for text in self.early]
        if not any(ended):
            await self.watching

    async def watch(self) -> None:
        """Read from the beginning, as a browser does: the server asks now and then whether anybody is there."""
        while not self.receive(await self.socket.receive_str()):
            pass

    def receive(self, text: str) -> bool:
        """Keep what comes before the response to the form until the reply is known."""
        self.bytes += len(text.encode())
        if self.reply:
            return self.take(text)
        self.early.append(text)
        return False

    def take(self, text: str) -> bool:
        """Apply a message of the socket; tell whether the answer has ended."""
        message = orjson.loads(text)
        if isinstance(message, list):
            self.blocks = applied(self.blocks, message[2:])
            self.saw(self.answer.tokens_in(self.blocks))
            return False
        status = re.search(rf'data-message="{self.reply}" data-role="assistant" data-status="(\w+)"', message["stream"])
        if not status or status[1] in ("pending", "streaming"):
            return False
        self.exact = self.answer.begins_with(self.blocks) and f"data-body>{self.answer.html}</div>" in message["stream"]
        self.saw(len(self.answer.ends) if self.exact else 0)
        return True
