"""What other programs do to a database: rows and files that stay locked, and clocks that are moved."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.support.databases import Database, Postgresql, Sqlite

ON_SQLITE = (
    "UPDATE parley_worker SET heartbeat_at = strftime('%Y-%m-%d %H:%M:%f', heartbeat_at, '{seconds:+d} seconds')"
)
MOVE_ON_SQLITE = {
    "insert": "CREATE TRIGGER moved_insert AFTER INSERT ON parley_worker BEGIN {move} WHERE id = new.id; END",
    "update": "CREATE TRIGGER moved_update AFTER UPDATE ON parley_worker WHEN new.heartbeat_at <> old.heartbeat_at"
    " BEGIN {move} WHERE id = new.id; END",
}
ON_POSTGRESQL = "UPDATE parley_worker SET heartbeat_at = heartbeat_at + interval '{seconds} seconds'"
MOVE_ON_POSTGRESQL = """CREATE OR REPLACE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' OR NEW.heartbeat_at <> OLD.heartbeat_at THEN
    NEW.heartbeat_at := NEW.heartbeat_at + interval '{seconds} seconds';
  END IF;
  RETURN NEW; END $$"""


@contextmanager
def rows_locked(db: Database, table: str, where: str = "TRUE", *arguments: object) -> Iterator[None]:
    """Hold rows of a table as a slow transaction of the host does: their UPDATEs wait, and nothing else. PostgreSQL."""
    assert isinstance(db, Postgresql)
    with psycopg.connect(db.url, connect_timeout=5) as connection:
        statement = f"SELECT * FROM {table} WHERE {where} FOR UPDATE".replace("?", "%s")
        assert connection.execute(statement.encode(), arguments).fetchall(), f"No rows to lock: {statement}"
        try:
            yield
        finally:
            connection.rollback()


@contextmanager
def file_locked(db: Database, *, exclusive: bool = False) -> Iterator[None]:
    """Hold SQLite's one lock for writing as another program of the machine does."""
    assert isinstance(db, Sqlite)
    connection = sqlite3.connect(db.path, isolation_level=None, timeout=10)
    connection.execute("BEGIN EXCLUSIVE" if exclusive else "BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


@contextmanager
def feeds_locked(db: Database, *names: str) -> Iterator[None]:
    """Hold what every change of these people's pages needs, or of everybody's; on SQLite that is the whole file."""
    if isinstance(db, Sqlite):
        with file_locked(db):
            yield
        return
    chosen = f"owner_id IN (SELECT id FROM auth_user WHERE username IN ({', '.join('?' * len(names))}))"
    with rows_locked(db, "parley_feed", chosen if names else "TRUE", *names):
        yield


@contextmanager
def clock_moved(db: Database, seconds: int) -> Iterator[None]:
    """Let heartbeats be written by a clock that is so many seconds off, as it is after a correction of the time.

    So it is, too, where processes on machines with different clocks share an SQLite file.
    """
    on_sqlite, table = isinstance(db, Sqlite), "parley_worker"
    move = (ON_SQLITE if on_sqlite else ON_POSTGRESQL).format(seconds=seconds)
    db.query(move)
    if on_sqlite:
        for statement in MOVE_ON_SQLITE.values():
            db.query(statement.format(move=move))
    else:
        db.query(MOVE_ON_POSTGRESQL.format(seconds=seconds))
        db.query(f"CREATE TRIGGER moved BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION moved()")
    try:
        yield
    finally:
        for name in ("moved_insert", "moved_update") if on_sqlite else (f"moved ON {table}",):
            db.query(f"DROP TRIGGER {name}")
