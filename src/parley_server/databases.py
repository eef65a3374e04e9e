"""The database: the one that DATABASE_URL names, or SQLite in the data directory."""

import re
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from parley_server import data, env
from parley_server.processes import print_line

SQLITE = {
    # A transaction takes the write lock when it begins, and waits for it, instead of failing half way.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
POSTGRESQL = {"connect_timeout": 3, "keepalives_idle": 60, "server_side_binding": True, "prepare_threshold": 1}
"""A connection plans a statement once, and is kept alive: routers forget idle ones after minutes."""
LASTING = {"ENGINE": "parley_server.postgresql", "CONN_MAX_AGE": 3600}
NEEDS_EXTRA = (
    'DATABASE_URL names PostgreSQL, which needs the extra "postgresql": pip install "django-parley[postgresql]".'
)
CAUSES = {
    r"Connection refused": "nothing listens at {server}: is PostgreSQL running, and DATABASE_URL right?",
    r"resolve host|translate host name": "there is no host {host}: is DATABASE_URL right?",
    r"password|authentication failed|role .* does not exist": (
        "{server} refuses the user or the password of DATABASE_URL."
    ),
    r"database .* does not exist": "{server} has no database {name}: make it with createdb, or correct DATABASE_URL.",
    r"timeout|timed out": (
        "{server} does not answer: is DATABASE_URL right, and does a firewall let this machine through?"
    ),
    r"no such table": "it has no tables yet: run manage.py migrate.",
}
"""Pattern of an error of PostgreSQL's client or SQLite → what it means for the operator."""
AWAY, AWAY_FOR = "nothing listens|does not answer|no host|starting up", 60
"""A pattern of what is said of a server that may be starting, and seconds in which it may."""


def from_environment() -> dict[str, Any]:
    """Return the entry for DATABASES. Raises ImproperlyConfigured."""
    url = env.url("DATABASE_URL", schemes=("sqlite", "postgres", "postgresql"), host=False)
    return _parsed(url) if url else _in_data_directory()


def _in_data_directory() -> dict[str, Any]:
    path = data.directory() / "parley.sqlite3"
    data.close_to_others(*(path.with_name(path.name + end) for end in ("", "-wal", "-shm")))
    return _sqlite(str(path), "PARLEY_DATA_DIR")


def _parsed(url: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = {**dj_database_url.parse(url)}
    except Exception as error:
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host/name.") from error
    if not found["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL must name a database after the last slash.")
    return _sqlite_file(found) if found["ENGINE"].endswith("sqlite3") else _postgresql(found)


def trouble() -> str:
    """Tell in one sentence why PostgreSQL cannot be reached; empty when it can be reached or is not used."""
    if connection.vendor != "postgresql":
        return ""
    psycopg: Any = connection.Database  # type: ignore[attr-defined]  # Django's stubs lack it.
    try:
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.OperationalError as error:
        return in_words(error)
    return ""


def wait_until_there() -> None:
    """Wait for PostgreSQL while it starts, at most AWAY_FOR seconds; what is wrong otherwise, another one says."""
    limit, said = time.monotonic() + AWAY_FOR, False
    while (words := trouble()) and re.search(AWAY, words) and time.monotonic() < limit:
        if not said:
            print_line(f"{words} Trying again for {AWAY_FOR} seconds.")
        said = True
        time.sleep(1)


def has_tables() -> bool:
    """Tell whether the database was ever prepared for a site."""
    return "django_migrations" in connection.introspection.table_names()


def has_accounts() -> bool:
    """Tell whether anybody has an account, without the models and before there are tables; close the connection."""
    try:
        if "auth_user" not in connection.introspection.table_names():
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM auth_user LIMIT 1")
            return cursor.fetchone() is not None
    finally:
        connection.close()


def in_words(error: Exception) -> str:
    """Say in one sentence why the database cannot be used."""
    message, found = str(error).strip(), connection.settings_dict
    where = {"host": found["HOST"], "name": found["NAME"], "server": f"{found['HOST']}:{found['PORT'] or 5432}"}
    for pattern, cause in CAUSES.items():
        if re.search(pattern, message):
            return f"The database cannot be used: {cause.format(**where)}"
    message = " ".join(message.split()).rstrip(".")
    return f"The database cannot be used ({found['NAME']}): {message}."


def _sqlite_file(found: dict[str, Any]) -> dict[str, Any]:
    if found["NAME"] == ":memory:" or found["HOST"]:
        raise ImproperlyConfigured("DATABASE_URL must name a file, as sqlite:////path/to/file does.")
    return _sqlite(found["NAME"])


def _sqlite(name: str, variable: str = "DATABASE_URL") -> dict[str, Any]:
    """Make the file private first: SQLite gives the files beside it the same permissions."""
    with data.usable(variable):
        data.make_private(Path(name))
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": SQLITE, "CONN_MAX_AGE": None}


def _postgresql(found: dict[str, Any]) -> dict[str, Any]:
    if find_spec("psycopg") is None:
        raise ImproperlyConfigured(NEEDS_EXTRA)
    lasting = {} if _is_command(Path(sys.argv[0])) else LASTING
    return {**found, "OPTIONS": {**POSTGRESQL, **found.get("OPTIONS", {})}, "CONN_HEALTH_CHECKS": True, **lasting}


def _is_command(program: Path) -> bool:
    """Tell whether this process ends soon: a management command, and not a web server or worker."""
    return program.name in {"manage.py", "parley"} or program.parts[-2:] == ("parley_server", "__main__.py")
