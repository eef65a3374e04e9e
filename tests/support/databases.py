"""What the tests read from and put into the database of a running product, over a connection of their own."""

import sqlite3
import uuid
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import JsonbDumper

from parley.ids import uuid7

Row = dict[str, Any]


class Database(ABC):
    """A database; statements have `?` for every argument."""

    @abstractmethod
    def query(self, statement: str, *arguments: Any) -> list[Row]: ...

    def insert(self, table: str, rows: list[Row]) -> None:
        columns = list(rows[0])
        place = f"({', '.join('?' * len(columns))})"
        for start in range(0, len(rows), 100):
            some = rows[start : start + 100]
            values = [row[column] for row in some for column in columns]
            self.query(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([place] * len(some))}", *values)

    def one(self, statement: str, *arguments: Any) -> Row:
        [row] = self.query(statement, *arguments)
        return row

    def message(self, pk: str) -> Row:
        """Return the row of a message; ids are text of 32 hex digits on SQLite."""
        return self.one("SELECT * FROM parley_message WHERE id = ?", self.key(pk))

    def messages(self, conversation: str) -> list[Row]:
        statement = "SELECT * FROM parley_message WHERE conversation_id = ? ORDER BY created_at, id"
        return self.query(statement, self.key(conversation))

    def add_messages(self, conversation: str, messages: list[Row]) -> list[str]:
        """Put messages after the last of a conversation, each like it but for what is given; return their ids."""
        like = self.messages(conversation)[-1]
        pks = [str(uuid7()) for _ in messages]
        parents = [like["id"], *map(self.key, pks)]
        rows = [
            {**like, "idempotency_key": None, **message, "id": self.key(pk), "parent_id": parent}
            for pk, parent, message in zip(pks, parents, messages, strict=False)
        ]
        self.insert("parley_message", [{f'"{column}"': value for column, value in row.items()} for row in rows])
        return pks

    def add_worker(self) -> Any:
        """Put a worker that is alive for an hour and looks after nothing; return its id."""
        worker = self.key(str(uuid7()))
        self.insert("parley_worker", [{"id": worker, "heartbeat_at": str(datetime.now(UTC) + timedelta(hours=1))}])
        return worker

    def reply(self, conversation: str) -> Row:
        """Return the newest reply of a conversation."""
        return [row for row in self.messages(conversation) if row["role"] == "assistant"][-1]

    @abstractmethod
    def key(self, pk: str) -> Any: ...


class Sqlite(Database):
    def __init__(self, path: str) -> None:
        self.path = path

    def query(self, statement: str, *arguments: Any) -> list[Row]:
        connection = sqlite3.connect(self.path, timeout=20)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                return [dict(row) for row in connection.execute(statement, arguments)]
        finally:
            connection.close()

    def key(self, pk: str) -> str:
        return uuid.UUID(str(pk)).hex


class Postgresql(Database):
    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, statement: str, *arguments: Any) -> list[Row]:
        with psycopg.connect(self.url, row_factory=dict_row, connect_timeout=5) as connection:
            for kind in (dict, list):  # values of columns that are copied from row to row
                connection.adapters.register_dumper(kind, JsonbDumper)
            cursor = connection.execute(statement.replace("?", "%s").encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def key(self, pk: str) -> uuid.UUID:
        return uuid.UUID(str(pk))


def database_at(url: str) -> Database:
    """Return the database that a DATABASE_URL names."""
    return Sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else Postgresql(url)
