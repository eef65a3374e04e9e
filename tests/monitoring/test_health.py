"""What a balancer is told of the parts that a web server needs."""

import json
import threading
import time

import httpx2
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from parley.ids import uuid7
from parley.models import Worker
from parley.monitoring import health as module
from parley.monitoring.health import Degraded, Health, NotReady, readiness
from parley_server.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("database", "migrations", "workers", "valkey", "disk")


@pytest.fixture
def fresh(monkeypatch, valkey):
    """A process that has asked nothing yet."""
    health = Health()
    monkeypatch.setattr("parley.monitoring.answers.health", lambda: health)
    return health


@pytest.fixture
async def http():
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def test_each_part_is_named_with_its_milliseconds(http, fresh):
    response = await http.get("/readyz", headers={"Host": "10.1.2.3"})
    answer = response.json()
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (answer["status"], set(answer["parts"])) == ("degraded", set(NAMES))
    assert answer["parts"]["workers"]["state"] == "degraded"
    assert all(part["state"] == "ok" and 0 <= part["ms"] < 2000 for name, part in answer["parts"].items()
        if name != "workers")  # fmt: skip


async def test_names_no_version_and_no_address(http, fresh):
    words = (await http.get("/readyz")).text
    assert not any(word in words for word in ("127.0.0.1", "0.1.0", "/tmp", "sqlite", "redis"))


async def test_without_workers_it_is_ready_unless_they_are_asked_for(http, fresh):
    assert (await http.get("/readyz")).status_code == 200
    asked = await http.get("/readyz?workers=1")
    assert (asked.status_code, asked.json()["status"]) == (503, "unavailable")


async def test_counts_a_worker_with_a_fresh_heartbeat(http, fresh):
    from asgiref.sync import sync_to_async

    await sync_to_async(Worker.heartbeat)(uuid7())
    response = await http.get("/readyz?workers=1")
    assert (response.status_code, response.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(("path", "status"), [("/up", 200), ("/healthz", 200), ("/readyz", 200), ("/metrics", 404)])
async def test_answers_under_any_host_name(http, fresh, path, status):
    assert (await http.get(path, headers={"Host": "stranger.example"})).status_code == status


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
async def test_is_only_read(http, fresh, path):
    assert (await http.post(path)).status_code == 405


def test_says_that_a_migration_is_missing(fresh):
    recorder = MigrationRecorder(connection)
    name = max(name for app, name in recorder.applied_migrations() if app == "parley")
    recorder.record_unapplied("parley", name)
    try:
        status, answer = readiness(fresh)
    finally:
        recorder.record_applied("parley", name)
    assert (status, answer["parts"]["migrations"]["state"]) == (503, "down")


def test_says_that_valkey_is_away(fresh, monkeypatch):
    from redis import Redis

    away = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    monkeypatch.setattr("parley.redis.connection", lambda: away)
    status, answer = readiness(fresh)
    assert (status, answer["status"], answer["parts"]["valkey"]["state"]) == (503, "unavailable", "down")


def test_a_full_disk_takes_nobody_out_of_service(fresh, monkeypatch):
    monkeypatch.setattr(module, "LEAST_FREE", 10**18)
    status, answer = readiness(fresh)
    assert (status, answer["parts"]["disk"]["state"]) == (200, "degraded")


def test_waits_for_nobody_longer_than_its_patience():
    """However many ask, and whatever hangs: that is asked once."""
    hangs, asked = threading.Event(), []

    def database():
        asked.append(1)
        hangs.wait(20)

    def valkey():
        pass

    health = Health(((database,), (valkey,)), patience=0.2)
    began = time.monotonic()
    threads = [threading.Thread(target=health.parts) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 1
    states = {name: part["state"] for name, part in health.parts().items()}
    assert states == {"database": "down", "valkey": "ok"}
    health._asked_at = 0
    health.parts()
    assert len(asked) == 1
    hangs.set()
    time.sleep(0.1)
    health._asked_at = 0
    assert {part["state"] for part in health.parts().values()} == {"ok"}


def test_asks_once_a_second():
    asked = []

    def valkey():
        asked.append(1)

    health = Health(((valkey,),))
    for _ in range(20):
        health.parts()
    assert len(asked) == 1


@pytest.mark.parametrize(("error", "state"), [(NotReady("why"), "down"), (Degraded("why"), "degraded"),
    (RuntimeError("sk-secret"), "down")])  # fmt: skip
def test_an_error_is_logged_and_not_told(error, state, caplog):
    def valkey():
        raise error

    parts = Health(((valkey,),)).parts()
    assert parts["valkey"]["state"] == state
    assert str(error) not in json.dumps(parts)
