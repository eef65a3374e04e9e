"""People who use the product over HTTP and the WebSocket, as a browser does."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import signing
from django.utils.crypto import get_random_string, salted_hmac
from websockets.sync.client import ClientConnection, connect

from tests.support.databases import Database, Row
from tests.support.frames import Frames
from tests.support.processes import until

PASSWORD = "correct horse battery staple"
TURBO = "text/vnd.turbo-stream.html, text/html, application/xhtml+xml"
HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
SETTLED = ("done", "stopped", "failed", "interrupted")


@lru_cache
def password_hash() -> str:
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt())


def add_session(db: Database, name: str, secret: str) -> str:
    """Put what signing in puts; return the key of the session."""
    key, until = get_random_string(32), datetime.now(UTC) + timedelta(days=1)
    session = {
        SESSION_KEY: str(db.one("SELECT id FROM auth_user WHERE username = ?", name)["id"]),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: salted_hmac(HASH_SALT, password_hash(), secret=secret, algorithm="sha256").hexdigest(),
    }
    data = signing.dumps(session, key=secret, salt="django.contrib.sessions.SessionStore")
    db.insert("django_session", [{"session_key": key, "session_data": data, "expire_date": until.isoformat(" ")}])
    return key


class Person:
    """A signed-in person with a browser's cookies."""

    def __init__(self, url: str, db: Database, name: str) -> None:
        self.url, self.db, self.name = url, db, name
        # Reading the certificates of the authorities takes 40 ms, and no product under test has one of its own.
        self.http = httpx2.Client(base_url=url, timeout=30, trust_env=False, verify=False)

    @classmethod
    def register(cls, url: str, db: Database, name: str, *, staff: bool, secret: str) -> "Person":
        """Make an account and its session, without the half second that the hash of a password takes."""
        columns = "username, password, is_superuser, is_staff, is_active, first_name, last_name, email, date_joined"
        statement = f"INSERT INTO auth_user ({columns}) VALUES (?, ?, ?, ?, ?, '', '', '', ?)"
        db.query(statement, name, password_hash(), staff, staff, True, datetime.now(UTC).isoformat())
        person = cls(url, db, name)
        for cookie, value in (("sessionid", add_session(db, name, secret)), ("csrftoken", get_random_string(32))):
            person.http.cookies.set(cookie, value, urlsplit(url).hostname or "")
        return person

    def sign_in(self) -> "Person":
        response = self.post("/accounts/login/", username=self.name, password=PASSWORD)
        assert response.status_code == 302, response.text
        return self

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(self, path: str, *, turbo: bool = False, **fields: str) -> httpx2.Response:
        """Submit a form, with the token that its page would have."""
        if "csrftoken" not in self.http.cookies:
            self.http.get("/accounts/login/")
        headers = {"Accept": TURBO} if turbo else {}
        headers |= {"Origin": self.url, "Referer": self.url + "/"}
        return self.http.post(
            path, data={"csrfmiddlewaretoken": self.http.cookies["csrftoken"], **fields}, headers=headers
        )

    # Conversations

    def start(self, text: str) -> str:
        """Ask in a new conversation, and return its id."""
        response = self.post("/conversations/", text=text)
        assert response.status_code == 303, response.text
        return re.search(r"/c/([0-9a-f-]{36})/", response.headers["location"])[1]

    def ask(self, conversation: str, text: str) -> httpx2.Response:
        response = self.post(f"/c/{conversation}/messages/", turbo=True, text=text)
        assert response.status_code == 200, response.text
        return response

    def page(self, conversation: str) -> "Page":
        response = self.get(f"/c/{conversation}/")
        assert response.status_code == 200, response.text
        return Page(response.text)

    def settled(self, conversation: str, seconds: float = 30) -> Row:
        """Wait until the newest reply of a conversation has ended, and return its row."""

        def found() -> Row | None:
            reply = self.db.reply(conversation)
            return reply if reply["status"] in SETTLED else None

        return until(found, seconds, f"The reply did not settle; it is {self.db.reply(conversation)}")

    def answer(self, text: str, seconds: float = 30) -> Row:
        """Ask in a new conversation, and return the row of the settled reply."""
        return self.settled(self.start(text), seconds)

    # The WebSocket

    @contextmanager
    def socket(self, *, origin: str | None = None, signed_in: bool = True, **choices: Any) -> Iterator["Socket"]:
        """``choices``: of websockets, as ping_interval=None."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        headers = {"Cookie": cookies} if signed_in else {}
        url = self.url.replace("http", "ws", 1) + "/ws/parley/"
        with connect(url, origin=origin or self.url, additional_headers=headers, proxy=None, **choices) as connection:
            yield Socket(connection)


class Socket:
    """One WebSocket, which remembers every message it received."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.messages: list[Any] = []
        self.frames = Frames()

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps({key.rstrip("_"): value for key, value in message.items()}))

    def open(self, conversation: str | None = None, version: int = 0) -> None:
        self.send(do="open", conversation=conversation, version=version)

    def follow(self, reply: str, as_: int = 1, position: str = "0") -> None:
        self.send(do="follow", reply=reply, as_=as_, **{"from": position})

    def receive(self, seconds: float = 10) -> Any:
        """Return the next message; raise TimeoutError when none comes."""
        message = self.frames.whole(json.loads(self.connection.recv(timeout=seconds)))
        self.messages.append(message)
        return message

    def until(self, true: Any, seconds: float = 20) -> Any:
        """Return the first message that something is true of."""
        limit = time.monotonic() + seconds
        while True:
            message = self.receive(max(0.01, limit - time.monotonic()))
            if true(message):
                return message

    def silent_for(self, seconds: float) -> bool:
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False


class Page(HTMLParser):
    """A page as a person without JavaScript has it: its messages by id, and whether each offers a retry."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.messages: dict[str, dict[str, str]] = {}
        self.current: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "data-message" in found:
            self.current = {"role": found["data-role"], "status": found["data-status"], "text": "", "retry": ""}
            self.messages[found["data-message"]] = self.current
        if tag == "form" and "/retry/" in found.get("action", "") and self.current is not None:
            self.current["retry"] = found["action"]

    def handle_data(self, data: str) -> None:
        if self.current is not None:
            self.current["text"] += data

    @property
    def reply(self) -> dict[str, str]:
        return [message for message in self.messages.values() if message["role"] == "assistant"][-1]
