"""A tab that is left open: it connects again by itself, and holds what its page shows."""

import itertools
import json
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
from websockets.exceptions import WebSocketException

from tests.support.dom import Dom, Shown
from tests.support.frames import Frames
from tests.support.people import Person
from tests.support.processes import until

PING_AFTER = 2.0
ANSWER_WITHIN = 3.0


class Reader:
    """A tab on one conversation, in a thread of its own; a context manager.

    `history` has (time, length of the newest reply's text, its status) after every change; `longest`: its longest text.
    """

    def __init__(self, person: Person, conversation: str) -> None:
        self.person, self.conversation = person, conversation
        self.connection: Any = None
        self.lost: Any = None
        self.closing, self.awake = threading.Event(), threading.Event()
        self.awake.set()
        self.lock = threading.Lock()
        self.history: list[tuple[float, int, str]] = []
        self.longest = ""
        self.mistakes: list[str] = []
        self.connections, self.frames = 0, Frames()
        self.follows: dict[int, str] = {}
        self.handles = itertools.count(1)
        self.dom = self.load()
        self.thread = threading.Thread(target=self.run, name="reader", daemon=True)

    def __enter__(self) -> "Reader":
        self.thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.closing.set()
        self.wake()
        self.cut()
        self.thread.join(10)

    def load(self) -> Dom:
        response = self.person.get(f"/c/{self.conversation}/")
        assert response.status_code == 200, response.text
        return Dom(response.text)

    # The connection

    def run(self) -> None:
        while self.awake.wait() and not self.closing.is_set():
            try:
                self.stay_connected()
            except (OSError, EOFError, TimeoutError, WebSocketException, httpx2.HTTPError):
                self.connection = None
            time.sleep(random.uniform(0.05, 0.3))

    def stay_connected(self) -> None:
        with self.person.socket() as opened:
            self.connection, self.connections, self.frames = opened.connection, self.connections + 1, opened.frames
            self.begin()
            while not self.closing.is_set():
                self.take(self.frames.whole(self.receive()))

    def receive(self) -> Any:
        try:
            return json.loads(self.connection.recv(timeout=PING_AFTER))
        except TimeoutError:
            self.send(do="ping")
            return json.loads(self.connection.recv(timeout=ANSWER_WITHIN))

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def begin(self) -> None:
        self.follows.clear()
        self.send(do="open", conversation=self.conversation, version=self.dom.version)
        self.follow_all()

    def follow_all(self) -> None:
        for shown in self.dom.live:
            if shown.id not in self.follows.values():
                handle = next(self.handles)
                self.follows[handle] = shown.id
                self.send(do="follow", reply=shown.id, ends=True, **{"as": handle, "from": shown.position})

    def take(self, message: Any) -> None:
        with self.lock:
            stale = self.apply(message)
        if stale:
            self.reload()
        self.follow_all()

    def apply(self, message: Any) -> bool:
        stale = False
        if isinstance(message, list):
            handle, position, *payload = message
            if handle in self.follows:
                self.dom.take_frame(self.follows[handle], position, payload)
        elif "version" in message:
            stale = self.dom.take_stream(message["version"], message["stream"])
        self.forget_settled()
        self.note()
        return stale

    def forget_settled(self) -> None:
        live = {shown.id for shown in self.dom.live}
        for handle, reply in list(self.follows.items()):
            if reply not in live:
                del self.follows[handle]
                self.send(do="unfollow", **{"as": handle})

    def reload(self) -> None:
        dom = self.load()
        with self.lock:
            self.mistakes += self.dom.mistakes
            self.dom = dom
        self.begin()

    def note(self) -> None:
        text = self.reply.text
        self.longest = max(self.longest, text, key=len)
        self.history.append((time.monotonic(), len(text), self.reply.status))

    # What a test does and asks

    def cut(self) -> bool:
        """Lose the connection without a goodbye: whether there was one to lose."""
        connection = self.connection
        if connection is None or connection is self.lost:
            return False
        self.lost = connection
        try:
            connection.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
        return True

    def sleep(self) -> None:
        """Close the lid."""
        self.awake.clear()
        self.cut()

    def wake(self) -> None:
        self.awake.set()

    @property
    def reply(self) -> Shown:
        return self.dom.reply

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        with self.lock:
            return self.dom.texts

    @property
    def all_mistakes(self) -> list[str]:
        return self.mistakes + self.dom.mistakes

    def until(self, true: Callable[[Shown], Any], seconds: float = 20, words: str = "") -> Shown:
        """Wait until something holds for the newest reply."""
        try:
            until(lambda: true(self.reply), seconds, every=0.01)
        except TimeoutError as error:
            raise AssertionError(f"The page shows {self.reply} {words}: {error}") from None
        return self.reply

    def until_shown(self, length: int = 1, seconds: float = 20) -> Shown:
        return self.until(lambda reply: len(reply.text) >= length, seconds)

    def length_at(self, moment: float) -> int:
        """The length of the text that was shown at a time of the monotonic clock."""
        return max((length for at, length, _ in self.history if at <= moment), default=0)


class Poller(Reader):
    """A tab whose WebSocket is blocked: it asks the catch-up endpoint."""

    EVERY = 0.5

    def run(self) -> None:
        while not self.closing.wait(self.EVERY):
            try:
                self.ask()
            except (httpx2.HTTPError, OSError):
                continue

    def ask(self) -> None:
        followed = self.dom.live
        fields = {"conversation": self.conversation, "version": self.dom.version}
        fields["follow"] = [f"{shown.id}@{shown.position}" for shown in followed]
        response = self.person.http.get("/catch-up/", params=fields)
        assert response.status_code == 200, response.text
        sent = response.json()
        with self.lock:
            for handle, position, *payload in sent["frames"]:
                self.dom.take_frame(followed[handle].id, position, payload)
            stale = self.dom.take_stream(sent["version"], sent["stream"])
            self.note()
        if stale:
            self.dom = self.load()

    def forget_settled(self) -> None:
        """Nothing is followed by handle."""
