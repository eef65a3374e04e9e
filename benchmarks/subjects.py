"""The subjects that are measured: the product as it is installed, and bare relays."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
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
        return [BareViewer(url, scenario.question(number), answer) for number in range(scenario.people)]

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
    """Web server, worker, Valkey and database; every scenario has people of its own and a fresh worker."""

    name = "product"

    def __init__(self, folder: Path, database_url: str = "", database: Process | None = None) -> None:
        self.stack = Stack(folder, database_url=database_url, env={"DJANGO_SETTINGS_MODULE": "benchmarks.settings"})
        self.provider = self.stack.provider
        self.processes = {name: self.stack.processes[name] for name in ("web", "worker", "valkey")}
        if database:
            self.processes["database"] = database
        self.people = 0

    def begin(self, scenario: Scenario) -> list[Viewer]:
        answer = Answer(scenario.pieces)
        names = [self._register() for _ in range(scenario.people)]
        return [
            ProductViewer(name, self.stack.url, scenario.question(number), answer) for number, name in enumerate(names)
        ]

    def _register(self) -> str:
        self.people += 1
        name, hasher = f"viewer{self.people}", MD5PasswordHasher()
        values = (name, hasher.encode(PASSWORD, "salt"), False, False, True, "", "", "", datetime.now(UTC).isoformat())
        self.stack.db.query(f"INSERT INTO auth_user ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)
        return name

    async def ready(self) -> None:
        """Start a worker that has never held many answers, and let it write one."""
        self.stack.restart("worker")
        async with ProductViewer(self._register(), self.stack.url, "", Answer(["ba"])):
            await asyncio.sleep(1)

    def check(self, viewers: Sequence[Viewer]) -> None:
        """Count an answer as exact only when the database has it, too."""
        for viewer in viewers:
            assert isinstance(viewer, ProductViewer)
            viewer.exact = viewer.exact and self._has(viewer)

    def _has(self, viewer: ProductViewer) -> bool:
        row = self.stack.db.message(viewer.reply)
        return row["status"] == "done" and row["content"] == viewer.answer.text

    def writes(self) -> dict[str, int]:
        return {name: (self.stack.folder / name).stat().st_size for name in ("rows", "commits")}
