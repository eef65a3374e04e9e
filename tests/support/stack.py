"""The whole product as real processes: web server, worker, Valkey, and the fake provider."""

import itertools
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from tests.fake_provider import RemoteProvider
from tests.support.databases import Database, database_at
from tests.support.people import Person
from tests.support.processes import ROOT, Process, free_port, python, until
from tests.support.stores import Valkey

API_KEY = "sk-do-not-show-this-to-anybody"
PYTHONPATH = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}:{ROOT / 'tests/support/site'}", "PYTHONUNBUFFERED": "1"}
UVICORN = (
    "uvicorn parley_server.asgi:application --host 127.0.0.1 --log-level warning --lifespan off --no-server-header"
)
UVICORN += " --ws-per-message-deflate false --timeout-graceful-shutdown 2"
CELERY = "celery -A parley_server -q worker --loglevel WARNING --without-gossip --without-mingle --without-heartbeat"

TABLES: dict[type["Stack"], bytes] = {}
"""A kind of product → the file of its database when that was just migrated."""


class Stack:
    """One installed product; `conf` changes entries of PARLEY, `env` variables of the processes."""

    store: type[Valkey] = Valkey

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str = "",
        conf: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        local_model: bool = False,
        web_workers: int = 1,
    ) -> None:
        self.folder = folder
        self.database_url = database_url or f"sqlite:///{folder / 'parley.sqlite3'}"
        self.db: Database = database_at(self.database_url)
        self.port = free_port()
        self.valkey = self.store(folder)
        provider_port = str(free_port())
        self.provider = RemoteProvider(f"http://127.0.0.1:{provider_port}")
        self.env = {**self.environment(conf), **(env or {})}
        if local_model:
            self.env |= without_provider(folder, provider_port)
        provider = (
            model_command(provider_port)
            if local_model
            else python("-m", "tests.fake_provider", "--port", provider_port)
        )
        web = python("-m", *UVICORN.split(), "--port", str(self.port))
        self.local_model = local_model
        self.processes: dict[str, Process] = {
            "valkey": self.valkey,
            "provider": Process("provider", provider, folder, PYTHONPATH),
            "worker": Process("worker", python("-m", *CELERY.split()), folder, self.env),
            "web": Process("web", [*web, "--workers", str(web_workers)], folder, self.env),
        }
        self.names = (f"person{number}" for number in itertools.count(1))

    def environment(self, conf: dict[str, Any] | None) -> dict[str, str]:
        env = {
            "DJANGO_SETTINGS_MODULE": "parley_server.settings",
            "PARLEY_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url,
            "BROKER_URL": "",
            "OPENAI_BASE_URL": self.provider.base_url,
            "OPENAI_API_KEY": API_KEY,
            "OPENAI_MODEL": "fake-1",
            "SECRET_KEY": "the secret key of a product under test",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DEBUG": "0",
            **PYTHONPATH,
        }
        if conf:
            env |= {"DJANGO_SETTINGS_MODULE": "tests.support.changed_settings", "TEST_PARLEY": json.dumps(conf)}
        return env

    # The whole

    def up(self) -> "Stack":
        """Make the tables and start everything."""
        self.migrate()
        self.ensure_up()
        return self

    def migrate(self) -> None:
        """Make the tables; where a database is a file, later products of its kind get a copy of its tables."""
        file, kind = self.folder / "parley.sqlite3", type(self)
        if self.database_url == f"sqlite:///{file}" and kind in TABLES:
            file.write_bytes(TABLES[kind])
            return
        self.manage("migrate", "--verbosity", "0")
        if file.exists():
            TABLES[kind] = file.read_bytes()

    def ensure_up(self) -> None:
        """Start what does not run, all of it at once, and forget what the provider was asked."""
        for process in self.processes.values():
            process.thaw()
        missing = [name for name, process in self.processes.items() if not process.running]
        for name in missing:
            self.processes[name].start()
        for name in missing:
            self.wait_for(name)
        if not self.local_model:
            self.provider.clear()

    def down(self) -> None:
        for name in reversed(self.processes):
            self.processes[name].thaw()
            self.processes[name].kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def manage(self, *arguments: str, seconds: float = 60) -> str:
        """Run a management command, and return what it prints."""
        command = python("manage.py", *arguments)
        env = {**self.processes["web"].env}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # One process

    def start(self, name: str) -> None:
        self.processes[name].start()
        self.wait_for(name)

    def wait_for(self, name: str) -> None:
        """Wait until a process that was started serves."""
        {"web": self.wait_for_web, "worker": self.wait_for_worker, "provider": self.wait_for_provider}.get(
            name, lambda: None
        )()

    def kill(self, name: str) -> None:
        self.processes[name].kill()

    def stop(self, name: str) -> None:
        self.processes[name].stop()

    def restart(self, name: str) -> None:
        self.kill(name)
        self.start(name)

    def wait_for_web(self) -> None:
        web = self.processes["web"]
        until(lambda: answers(f"{self.url}/healthz") or not web.running, 60, "The web server does not answer")
        assert web.running, web.output_of_this_run

    def wait_for_provider(self) -> None:
        until(lambda: answers(f"{self.provider.url}/v1/models"), 60, "The provider does not answer")

    def wait_for_worker(self) -> None:
        """Wait until the worker takes tasks from the queue."""
        worker = self.processes["worker"]
        until(lambda: self.worker_listens() or not worker.running, 60, "The worker does not listen")
        assert worker.running, worker.output_of_this_run

    def worker_listens(self) -> bool:
        with self.valkey.client() as client:
            return any(entry["cmd"] == "brpop" for entry in client.client_list())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def logs(self) -> dict[str, str]:
        return {name: process.output_of_this_run for name, process in self.processes.items()}

    # People

    def person(self, name: str = "", *, staff: bool = False) -> Person:
        """Make an account that is signed in."""
        name = name or next(self.names)
        return Person.register(self.url, self.db, name, staff=staff, secret=self.env["SECRET_KEY"])


def without_provider(folder: Path, port: str) -> dict[str, str]:
    """Return the environment of an install that nobody configured: it looks for its model at the port it keeps."""
    (folder / "model.port").write_text(port)
    return dict.fromkeys(("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"), "")


def model_command(port: str) -> list[str]:
    """Return what serves the real local model; its file is kept where `make run` keeps it."""
    return python("-m", "parley_server.local_model", model_file(), port, "smollm2-135m-instruct", "2048")


def model_file() -> str:
    """Return the path of the weights, which are fetched when they are not there yet."""
    code = "from parley_server.model_file import model_file; print(model_file())"
    env = {**os.environ, **PYTHONPATH, "PARLEY_DATA_DIR": str(ROOT / "var")}
    done = subprocess.run(
        python("-c", code), cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"The tests need the local model's file: {done.stderr.strip().splitlines()[-1]}"
    return done.stdout.strip().splitlines()[-1]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False
