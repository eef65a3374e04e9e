"""A viewer: somebody who asks questions and watches their answers arrive."""

import asyncio
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from benchmarks.frames import Answer, applied
from tests.support.people import PASSWORD, TURBO

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept-Language": "en-GB,en;q=0.9"}
PING_EVERY, QUIET_AFTER = 20, 5
"""Seconds, as in frontend/connection.js."""
SERVER_KEEPS_ALIVE = 5
"""Seconds after which the web server closes an idle connection."""
CONVERSATION = re.compile(r"/c/([0-9a-f-]{36})/")
QUESTION = re.compile(r'data-message="([0-9a-f-]{36})" data-role="user"')
REPLY = re.compile(r'<parley-reply [^>]*reply="([0-9a-f-]{36})"')
VERSION = re.compile(r'<meta name="parley-version" content="(\d+)">')


@dataclass
class Asked:
    """One question; times are of the machine's monotonic clock, in seconds, `arrivals` has one for each token."""

    question: str
    at: float = field(default_factory=time.monotonic)
    arrivals: list[float] = field(default_factory=list)
    reply: str = ""
    exact: bool = False

    def saw(self, tokens: int) -> None:
        self.arrivals += [time.monotonic()] * (tokens - len(self.arrivals))


class Viewer(ABC):
    """A person; `bytes` came over the socket, `requests` were sent, `told` says how often its own question came."""

    def __init__(self, url: str, answer: Answer) -> None:
        self.url, self.answer = url, answer
        self.asked: list[Asked] = []
        self.bytes = self.requests = self.told = 0

    async def __aenter__(self) -> "Viewer":
        kept = aiohttp.TCPConnector(keepalive_timeout=SERVER_KEEPS_ALIVE / 2)
        cookies = aiohttp.CookieJar(unsafe=True)
        self.http = aiohttp.ClientSession(self.url, cookie_jar=cookies, connector=kept, headers=BROWSER)
        await self.come()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.http.close()

    @abstractmethod
    async def come(self) -> None:
        """Do everything that happens before the question."""

    @abstractmethod
    async def type(self, question: str) -> None:
        """Type a question, with a pause before it is sent."""

    @abstractmethod
    async def ask(self, question: str) -> None:
        """Ask, and watch until the answer has ended."""


class BareViewer(Viewer):
    """Watches the relay, which sends every token by itself and an empty message at the end."""

    async def come(self) -> None:
        self.socket = await self.http.ws_connect("/", max_msg_size=0)

    async def type(self, question: str) -> None:
        """Tell the relay nothing before it is asked."""

    async def ask(self, question: str) -> None:
        asked, text = Asked(question), []
        self.asked.append(asked)
        await self.socket.send_str(question)
        while piece := await self.socket.receive_str():
            text.append(piece)
            self.bytes += len(piece.encode())
            asked.saw(len(text))
        asked.exact = "".join(text) == self.answer.text


class ProductViewer(Viewer):
    """A signed-in person with a tab open on a conversation, to which `grow` adds messages, given its id."""

    def __init__(self, name: str, *args: Any, grow: Callable[[str], Awaitable[None]] | None = None) -> None:
        super().__init__(*args)
        self.name, self.grow = name, grow
        self.version = self.made = self.forms = self.handle = 0
        self.question, self.heard, self.pinged = "", 0.0, 0.0
        self.blocks, self.early = list[str](), list[str]()
        self.ended = asyncio.Event()

    async def come(self) -> None:
        await self.post("/accounts/login/", username=self.name, password=PASSWORD)
        page = await self.post("/conversations/", text="/say 1 words")
        self.conversation = CONVERSATION.search(page)[1]
        self.socket = await self.http.ws_connect("/ws/parley/", origin=self.url, max_msg_size=0, compress=15)
        await self.settled_first()
        self.bytes = self.requests = 0
        self.duties = [asyncio.create_task(duty()) for duty in (self.watch, self.ping)]

    async def __aexit__(self, *exc_info: object) -> None:
        for duty in self.duties:
            duty.cancel()
        await asyncio.gather(*self.duties, return_exceptions=True)
        await self.socket.close()
        await super().__aexit__(*exc_info)

    async def page(self) -> str:
        return await (await self.http.get(f"/c/{self.conversation}/")).text()

    async def post(self, path: str, **fields: str) -> str:
        """Submit a form as Turbo does, from the tab of this name."""
        return await self.send_form(path, {"Accept": TURBO, "X-Parley-Tab": f"tab{self.forms}"}, fields)

    async def send_form(self, path: str, headers: dict[str, str], fields: dict[str, str]) -> str:
        if not len(self.http.cookie_jar):
            await (await self.http.get("/accounts/login/")).read()
        token = next(cookie.value for cookie in self.http.cookie_jar if cookie.key == "csrftoken")
        headers |= {"Origin": self.url, "X-CSRFToken": token}
        self.requests += 1
        async with self.http.post(path, data={"csrfmiddlewaretoken": token, **fields}, headers=headers) as response:
            assert response.ok, f"{path}: {response.status}\n{await response.text()}"
            self.made = int(response.headers.get("X-Parley-Version", 0))
            return await response.text()

    async def settled_first(self) -> None:
        """Wait for the answer that the conversation began with, and go on from its page."""
        page = ""
        while 'data-role="assistant" data-status="done"' not in page:
            await self.show(0)
            await self.socket.receive()
            page = await self.page()
        if self.grow:
            await self.grow(self.conversation)
            page = await self.page()
        await self.show(int(VERSION.search(page)[1]))

    async def show(self, version: int) -> None:
        """Say what is shown, under another name than before, as a browser does when a form was answered."""
        self.version, self.forms = version, self.forms + 1
        await self.send(do="open", conversation=self.conversation, version=version, tab=f"tab{self.forms}")

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(orjson.dumps(message).decode())

    async def type(self, question: str) -> None:
        await self.send_form("/draft/", {}, {"conversation": self.conversation, "text": question})

    async def ask(self, question: str) -> None:
        self.question = ""
        self.early.clear()
        self.blocks.clear()
        self.ended.clear()
        self.asked.append(Asked(question))
        fields = {"idempotency_key": str(uuid.uuid4()), "editing": "", "text": question}
        await self.begin(await self.post(f"/c/{self.conversation}/messages/", **fields))
        await self.ended.wait()
        await self.send(do="unfollow", **{"as": self.handle})

    async def begin(self, stream: str) -> None:
        """Show the response to the form, and what came before it."""
        self.asked[-1].reply, self.question = REPLY.search(stream)[1], QUESTION.search(stream)[1]
        await self.show(self.made if self.made == self.version + 1 else self.version)
        self.handle += 1
        await self.send(do="follow", reply=self.asked[-1].reply, ends=True, **{"as": self.handle, "from": "0"})
        for stream in self.early:
            self.take(stream)

    async def ping(self) -> None:
        """Ask now and then whether the server is there, and sooner while a followed reply is silent."""
        while True:
            if time.monotonic() >= self.due:
                self.pinged = time.monotonic()
                await self.send(do="ping")
            await asyncio.sleep(1)

    @property
    def due(self) -> float:
        follows = self.question and not self.ended.is_set()
        silent = max(self.heard, self.pinged) + QUIET_AFTER
        return min(self.pinged + PING_EVERY, silent) if follows else self.pinged + PING_EVERY

    async def watch(self) -> None:
        """Read from the beginning, as a browser does: the server asks now and then whether anybody is there."""
        try:
            while True:
                self.receive(await self.socket.receive_str())
        finally:
            self.ended.set()

    def receive(self, text: str) -> None:
        """Keep streams that come before the response to the form until the question is known."""
        self.bytes, self.heard = self.bytes + len(text.encode()), time.monotonic()
        message = orjson.loads(text)
        if isinstance(message, list):
            self.apply(message)
        elif "stream" in message:
            self.version = max(self.version, message["version"])
            self.take(message["stream"]) if self.question else self.early.append(message["stream"])

    def take(self, stream: str) -> None:
        self.told += f'data-message="{self.question}"' in stream
        self.settle(stream)

    def apply(self, frame: list[Any]) -> None:
        if frame[0] != self.handle:
            return
        if isinstance(frame[2], dict):
            self.version = max(self.version, frame[2]["version"])
            self.end(exact=self.blocks == self.answer.blocks)
        else:
            self.blocks = applied(self.blocks, frame[2:])
            self.asked[-1].saw(self.answer.tokens_in(self.blocks))

    def settle(self, stream: str) -> None:
        """Compare the answer with what was followed, where its row is sent at the end."""
        asked = self.asked[-1]
        status = re.search(rf'data-message="{asked.reply}" data-role="assistant" data-status="(\w+)"', stream)
        if not status or status[1] in ("pending", "streaming"):
            return
        self.end(exact=self.answer.begins_with(self.blocks) and f"data-body>{self.answer.html}</div>" in stream)

    def end(self, *, exact: bool) -> None:
        self.asked[-1].exact = exact
        self.asked[-1].saw(len(self.answer.ends) if exact else 0)
        self.ended.set()
