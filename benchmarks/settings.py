"""The product's settings for the benchmark: cheap sign-in, and a count of what answers write to the database.

The heartbeat of a process, a row every five seconds however many answers it writes, is not counted.
"""

import os
from functools import partial
from typing import Any

from django.db.backends.signals import connection_created

from parley_server.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

WRITES = ("INSERT", "UPDATE", "DELETE")
HEARTBEATS = "parley_worker"
_files = {
    name: os.open(f"{os.environ['PARLEY_DATA_DIR']}/{name}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for name in ("rows", "commits")
}


def _count(name: str, amount: int = 1) -> None:
    """All processes count in one file, by its length."""
    os.write(_files[name], b"." * amount)


def _watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection = context["connection"]
    if sql.lstrip().startswith(WRITES) and HEARTBEATS not in sql:
        _count("rows", len(params) if many else 1)
        if not any(function is _committed for _, function, _ in connection.run_on_commit):
            connection.on_commit(_committed)
    return execute(sql, params, many, context)


_committed = partial(_count, "commits")


def _watch_connection(connection: Any, **kwargs: Any) -> None:
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch)


connection_created.connect(_watch_connection, weak=False)
