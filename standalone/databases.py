"""The database that DATABASE_URL names: SQLite in the data directory, or PostgreSQL."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from standalone import data, env

SQLITE = {
    # A transaction that may write takes the write lock when it begins, and waits for it, instead of failing half way.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
# Threads of the web server come and go with requests; a pool keeps their connections.
POSTGRESQL = {"pool": {"min_size": 1, "max_size": 16, "timeout": 5}}


def from_environment() -> dict[str, Any]:
    """The entry of DATABASES."""
    url = env.url("DATABASE_URL", schemes=("sqlite", "postgres", "postgresql"), host=False)
    return _parsed(url) if url else _sqlite(str(data.directory() / "parley.sqlite3"))


def _parsed(url: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = {**dj_database_url.parse(url)}
    except Exception as error:
        raise ImproperlyConfigured("DATABASE_URL must look like postgres://user:password@host/name.") from error
    if not found["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL must name a database after the last slash.")
    return _sqlite_file(found) if found["ENGINE"].endswith("sqlite3") else _postgresql(found)


def _sqlite_file(found: dict[str, Any]) -> dict[str, Any]:
    if found["NAME"] == ":memory:" or found["HOST"]:
        raise ImproperlyConfigured("DATABASE_URL must name a file, as sqlite:////path/to/file does.")
    return _sqlite(found["NAME"])


def _sqlite(name: str) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": SQLITE, "CONN_MAX_AGE": None}


def _postgresql(found: dict[str, Any]) -> dict[str, Any]:
    options = {**found.get("OPTIONS", {}), **POSTGRESQL}
    return {**found, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
