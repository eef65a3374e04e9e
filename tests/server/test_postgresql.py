"""PostgreSQL: a thread keeps its connection, and a restart of the server is waited for."""

import threading
from contextlib import suppress
from multiprocessing.connection import wait

import pytest
from django.db import NotSupportedError, OperationalError
from psycopg.pq import TransactionStatus

from parley_server.databases import POSTGRESQL
from parley_server.postgresql import base
from parley_server.postgresql.base import DatabaseWrapper
from tests.support.stores import Postgres

BACKEND = "SELECT pg_backend_pid()"


@pytest.fixture(scope="module")
def server():
    """A server that only these tests use, since they restart it."""
    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture
def connection(server, django_db_blocker):
    names = {"HOST": "127.0.0.1", "PORT": server.port, "NAME": "postgres", "USER": "postgres", "PASSWORD": ""}
    more = {
        "OPTIONS": POSTGRESQL,
        "AUTOCOMMIT": True,
        "TIME_ZONE": None,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 3600,
    }
    connection = DatabaseWrapper({**names, **more, "ATOMIC_REQUESTS": False}, "theirs")
    with django_db_blocker.unblock():
        yield connection
        connection.close()


def ask(connection, statement=BACKEND):
    """Ask as a request does, whose connection was used before."""
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_connection_stays_and_costs_no_round_trip_to_look_after(connection):
    first = ask(connection)
    connection.connection.autocommit = False
    connection.close_if_unusable_or_obsolete()
    connection.close_if_health_check_failed()
    assert connection.connection.info.transaction_status == TransactionStatus.IDLE  # nothing was sent
    connection.connection.autocommit = True
    assert [ask(connection) for _ in range(3)] == [first] * 3


def test_a_connection_that_the_server_has_ended_is_replaced(connection, server):
    first = ask(connection)
    server.run(f"SELECT pg_terminate_backend({first}, 5000)")
    assert ask(connection) != first


def test_a_restart_is_waited_for(connection, server, monkeypatch):
    monkeypatch.setattr(base, "PAUSES", [0.5] * 120)
    ask(connection)
    server.kill()
    wait([connection.connection], 10)
    starting = threading.Timer(0.5, server.start)
    starting.start()
    assert ask(connection)
    starting.join()


def test_a_statement_is_planned_once(connection):
    assert [ask(connection, "SELECT 'once'") for _ in range(3)] == ["once"] * 3
    assert ask(connection, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%once%'") == 1


WALK = """WITH RECURSIVE walk (id, up) AS (
    SELECT id, up FROM links WHERE id = 1 UNION SELECT links.id, links.up FROM links JOIN walk ON links.up = walk.id
) SELECT count(*) FROM walk"""
READ = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'links'"


def test_a_walk_does_not_read_a_table_whole_that_was_small_when_it_was_first_walked(connection, server):
    server.run("CREATE TABLE links (id integer PRIMARY KEY, up integer, text text) WITH (autovacuum_enabled = false)")
    server.run("CREATE INDEX ON links (up)")
    server.run("INSERT INTO links SELECT n, n - 1, repeat('text ', 100) FROM generate_series(1, 9) n")
    server.run("ANALYZE links")
    assert [ask(connection, WALK) for _ in range(10)] == [9] * 10
    server.run("INSERT INTO links SELECT n, n - 1, repeat('text ', 100) FROM generate_series(10, 3000) n")
    assert ask(connection, WALK) == 3000
    ask(connection, "SELECT pg_stat_force_next_flush()")
    assert ask(connection, READ) < 10_000


def test_after_a_migration_a_prepared_statement_fails_once_at_most(connection, server):
    server.run("CREATE TABLE rows AS SELECT 1 AS id")
    assert [ask(connection, "SELECT * FROM rows") for _ in range(3)] == [1] * 3
    server.run("ALTER TABLE rows ADD COLUMN more integer")
    with suppress(NotSupportedError):
        ask(connection, "SELECT * FROM rows")
    assert ask(connection, "SELECT * FROM rows") == 1


def test_a_server_that_does_not_come_back_is_an_error(connection, monkeypatch):
    connection.settings_dict["PORT"] = 9
    monkeypatch.setattr(base, "PAUSES", (0.1,))
    with pytest.raises(OperationalError):
        ask(connection)


def test_a_row_that_is_locked_is_waited_for_three_seconds(connection):
    assert ask(connection, "SHOW lock_timeout") == "3s"
