"""The subjects that are measured: the product as it is installed, and bare relays."""

import asyncio
import itertools
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.contrib.auth.hashers import MD5PasswordHasher

from benchmarks.frames import Answer
from benchmarks.scenarios import Scenario
from benchmarks.viewers import BareViewer, ProductViewer, Viewer
from tests.fake_provider import RemoteProvider
from tests.support.people import PASSWORD
from tests.support.processes import Process, free_port, python, until
from tests.support.stack import PYTHONPATH, Stack

COLUMNS = "username, password, is_superuser, is_staff, is_active, first_name, last_name, email, date_joined"
WARMING = 3
"""Questions before those that are measured."""
SENTENCE = "The quick brown fox jumps over the lazy dog, and nobody minds that it does so once more, number"


class Relay:
    """A bare relay, `bound` or `floor`: one process does everything."""

    def __init__(self, module: str, folder: Path, provider: RemoteProvider) -> None:
        self.name, self.provider, self.port = module, provider, free_port()
        command = python("-m", f"benchmarks.{module}", provider.base_url, str(self.port))
        self.processes = {"relay": Process(module, command, folder, PYTHONPATH)}

    def begin(self, scenario: Scenario) -> list[Viewer]:
        self.end()
        self.processes["relay"].start()
        until(self.listens, 20, f"The {self.name} does not listen")
        answer, url = Answer(scenario.pieces), f"http://127.0.0.1:{self.port}"
        return [BareViewer(url, answer) for _ in range(scenario.people)]

    def listens(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    async def ready(self) -> None:
        """Prepare nothing once the people have come."""

    def check(self, viewers: Sequence[Viewer]) -> None:
        """Check nothing else, since a relay keeps nothing."""

    def writes(self) -> dict[str, int]:
        return {"rows": 0, "commits": 0}

    def end(self) -> None:
        self.processes["relay"].kill()


class Product:
    """Web server, worker, Valkey and database; every scenario has people of its own and fresh processes."""

    def __init__(
        self, name: str, folder: Path, database_url: str = "", database: Process | None = None, web_workers: int = 1
    ) -> None:
        env = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        self.name = name
        self.stack = Stack(folder, database_url=database_url, env=env, web_workers=web_workers)
        self.provider = self.stack.provider
        self.processes = {name: self.stack.processes[name] for name in ("web", "worker", "valkey")}
        if database:
            self.processes["database"] = database
        self.people = 0

    def begin(self, scenario: Scenario) -> list[Viewer]:
        self.stack.ensure_up()
        answer = Answer(scenario.pieces)
        grow = partial(self._grow, scenario.before - 2) if scenario.before > 2 else None
        return [ProductViewer(self._register(), self.stack.url, answer, grow=grow) for _ in range(scenario.people)]

    def _register(self) -> str:
        self.people += 1
        name, hasher = f"viewer{self.people}", MD5PasswordHasher()
        values = (name, hasher.encode(PASSWORD, "salt"), False, False, True, "", "", "", datetime.now(UTC).isoformat())
        self.stack.db.query(f"INSERT INTO auth_user ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)
        return name

    async def _grow(self, count: int, conversation: str) -> None:
        """Add messages, questions and answers in turn."""
        roles = itertools.cycle(("user", "assistant"))
        messages = [
            {"role": role, "content": f"{SENTENCE} {number}", "html": ""}
            for number, role in zip(range(count), roles, strict=False)
        ]
        await asyncio.to_thread(self.stack.db.add_messages, conversation, messages)

    async def ready(self) -> None:
        """Start a worker that has never held many answers, and ask what warms it and the web server."""
        self.stack.restart("worker")
        async with ProductViewer(self._register(), self.stack.url, Answer(["ba"])) as viewer:
            for _ in range(WARMING):
                await viewer.type("/say 1 words")
                await viewer.ask("/say 1 words")

    def check(self, viewers: Sequence[Viewer]) -> None:
        """Count an answer as exact only when the database has it, too."""
        for viewer in viewers:
            for asked in viewer.asked:
                asked.exact = asked.exact and self._has(asked.reply, viewer.answer.text)

    def _has(self, reply: str, text: str) -> bool:
        row = self.stack.db.message(reply)
        return row["status"] == "done" and row["content"] == text

    def writes(self) -> dict[str, int]:
        return {name: (self.stack.folder / name).stat().st_size for name in ("rows", "commits")}

    def end(self) -> None:
        """Leave the machine to another subject."""
        for name in ("web", "worker"):
            self.stack.kill(name)
