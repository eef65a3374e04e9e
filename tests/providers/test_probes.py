"""Tests of a connection: what a page is told of them, whatever the provider does."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import timedelta
from unittest.mock import AsyncMock, Mock

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.utils import timezone

from parley.conf import conf
from parley.generation import catalogue, clients, probe, probing
from parley.generation.worker import Loop
from parley.models import Call, Connection
from tests.fake_provider import answers
from tests.fake_provider.server import LISTS
from tests.support.processes import free_port

KEY = "sk-test"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner():
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def sent(monkeypatch):
    """The tasks that were sent to workers."""
    tasks = []
    monkeypatch.setattr(probing.broker, "send", lambda *task: tasks.append(task) or True)
    return tasks


@pytest.fixture
def connect(provider, settings, empty_valkey, sent):
    settings.PARLEY = {**settings.PARLEY, "ENCRYPTION_KEYS": [Fernet.generate_key().decode()]}

    def connect(base_url=None, key=KEY, **values):
        row = Connection(name=f"Gateway {Connection.objects.count()}", base_url=base_url or provider.base_url, **values)
        row.set_secret(key, {})
        row.save()
        return row

    return connect


def run(coroutine):
    async def closing():
        try:
            return await coroutine
        finally:
            await clients.close()

    return asyncio.run(closing())


def outcome_of(connection, model="fake-1", person=None, run=run):
    probing.begin(connection, model, person)
    probe.carry_out(connection.pk, model, run)
    return probing.result(connection)


@pytest.fixture
def asking(monkeypatch):
    """A function: what the test asks for."""
    return lambda question: monkeypatch.setattr(probe, "QUESTION", question)


def test_tells_what_is_listed_and_how_soon_the_answer_came(connect, provider, asking):
    asking("/say 5 words")
    result = outcome_of(connect())
    assert (result.status, result.code, result.detail) == ("done", "", "")
    assert (result.models, result.names, result.model) == (3, ("fake-1", "fake-2", "fake-title"), "fake-1")
    assert result.text == answers.word(0) + " " + " ".join(map(answers.word, range(1, 5)))
    assert 0 <= result.first_token_ms < 5000
    assert abs(timezone.now() - result.at) < timedelta(seconds=10)
    [asked] = provider.completions
    assert asked.body["max_tokens"] == 200


def test_says_how_it_stands_meanwhile(connect, sent):
    connection = connect()
    assert probing.result(connection) is None
    probing.begin(connection, "fake-1")
    assert sent == [("parley.test_connection", str(connection.pk), "fake-1")]
    assert (probing.result(connection).status, probing.result(connection).settled) == ("waiting", False)
    seen = []

    def look(coroutine):
        seen.append(probing.result(connection).status)
        return run(coroutine)

    probe.carry_out(connection.pk, "fake-1", look)
    assert seen == ["running"]
    assert probing.result(connection).settled


def test_keeps_the_list_for_the_pages(connect):
    connection = connect()
    outcome_of(connection)
    assert catalogue.offered(connection.provider).names == ("fake-1", "fake-2", "fake-title")


def test_asks_the_first_that_is_listed_where_no_model_is_named(connect, provider):
    assert outcome_of(connect(offered=["*-2"]), "").model == "fake-2"
    assert outcome_of(connect(default_model="fake-title"), "").model == "fake-title"


@pytest.mark.parametrize("path", ["/v1/models", "/none"])
def test_does_without_a_list(connect, monkeypatch, path):
    monkeypatch.delitem(LISTS, "/v1/models")
    result = outcome_of(connect(offered=["named", "other-*"]), "")
    assert (result.status, result.models, result.names, result.model) == ("done", None, (), "named")


def test_without_a_list_and_without_a_name_says_what_is_wrong_with_the_list(connect, provider):
    result = outcome_of(connect(f"{provider.url}/unknown/v1"), "")
    assert (result.status, result.code, result.cause) == ("failed", "wrong_address", "")
    assert "Unknown path" in result.detail
    result = outcome_of(connect(f"{provider.url}/none/v1"), "")
    assert (result.models, result.code) == (0, "no_model")
    assert "Name one" in probing.sentence(result, connect())


def test_tells_the_providers_own_words_without_the_key(connect):
    connection = connect(key="sk-wrong")
    result = outcome_of(connection)
    assert (result.status, result.code) == ("failed", "unauthorized")
    assert "Incorrect API key provided: ***" in result.detail
    assert "the key of the connection “Gateway 0”" in probing.sentence(result, connection)


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ("/error 500", "provider_down", ""),
        ("/in-band-error 0", "provider_error", "on fire"),
        ("/no-first-byte", "timeout", ""),
        ("/empty", "empty", ""),
        ("/error 429", "rate_limited", ""),
    ],
)
def test_tells_why_no_answer_came(connect, asking, monkeypatch, question, code, words):
    monkeypatch.setattr(probe, "PATIENCE", 1)
    asking(question)
    result = outcome_of(connect())
    assert (result.status, result.code, result.models) == ("failed", code, 3)
    assert words in result.detail


def test_tells_the_words_of_the_network(connect):
    result = outcome_of(connect(f"http://127.0.0.1:{free_port()}/v1"))
    assert (result.status, result.code) == ("failed", "unreachable")
    assert result.detail == ""
    assert "onnect" in result.cause


def test_an_answer_that_is_only_slow_or_long_is_a_good_one(connect, asking, monkeypatch):
    monkeypatch.setattr(probe, "PATIENCE", 1)
    for question in ("/say 100 words at 20", "/length", "/reasoning 3"):
        asking(question)
        assert outcome_of(connect()).status == "done"


def test_a_lost_encryption_key_is_told(connect, settings):
    connection = connect()
    settings.PARLEY = {**settings.PARLEY, "ENCRYPTION_KEYS": [Fernet.generate_key().decode()]}
    connection = Connection.objects.get(pk=connection.pk)
    result = outcome_of(connection)
    assert (result.code, result.models) == ("key_lost", None)
    assert "Gateway 0" in probing.sentence(result, connection)


def test_a_persons_own_connection_leads_nowhere_private(connect, owner, provider):
    result = outcome_of(connect(provider.base_url.replace("http:", "https:"), owner=owner))
    assert (result.status, result.code) == ("failed", "not_public")
    assert provider.requests == []


def test_is_a_call_of_the_ledger(connect, owner, asking):
    asking("/say 5 words")
    outcome_of(connect(), person=owner.pk)
    outcome_of(connect(key="sk-wrong"), person=owner.pk)
    good, bad = Call.objects.order_by("started_at")
    assert (good.purpose, good.owner, good.reply_id, good.model) == ("test", owner, None, "fake-1")
    assert (good.provider, good.outcome, good.completion_tokens) == ("Gateway 0", "done", 5)
    assert good.started_at <= good.first_token_at <= good.ended_at
    assert (bad.outcome, bad.error) == ("failed", "unauthorized")


def test_is_a_call_of_nobody_where_the_person_was_deleted(connect, owner):
    connection = connect()
    probing.begin(connection, "fake-1", owner.pk)
    owner.delete()
    probe.carry_out(connection.pk, "fake-1", run)
    assert probing.result(connection).status == "done"
    assert [(call.owner_id, call.outcome) for call in Call.objects.all()] == [(None, "done")]


def test_a_process_that_ends_says_so(connect, owner):
    def ended(coroutine):
        coroutine.close()
        raise CancelledError

    connection = connect()
    result = outcome_of(connection, person=owner.pk, run=ended)
    assert (result.status, result.code) == ("failed", "worker_gone")
    assert Call.objects.get().outcome == "interrupted"


@pytest.mark.parametrize("taken", [False, True])
def test_a_worker_that_died_is_told_after_a_minute(connect, monkeypatch, taken):
    connection = connect()
    probing.begin(connection, "fake-1")
    if taken:
        probing.taken(connection.pk)
    assert not probing.result(connection).settled
    monkeypatch.setattr(probing, "GONE_AFTER", -1)
    result = probing.result(connection)
    assert (result.status, result.code) == ("failed", "worker_gone")
    assert "No worker" in probing.sentence(result, connection)
    probe.carry_out(connection.pk, "fake-1", lambda coroutine: pytest.fail("It is too late."))


def test_three_of_a_person_run_at_once(connect, owner, sent):
    connections = [connect() for _ in range(5)]
    for connection in connections[:4]:
        probing.begin(connection, "fake-1", owner.pk)
    assert [probing.result(connection).code for connection in connections[:4]] == ["", "", "", "too_many_tests"]
    assert len(sent) == 3
    probe.carry_out(connections[0].pk, "fake-1", run)
    probing.begin(connections[4], "fake-1", owner.pk)
    probing.begin(connections[3], "fake-1", "somebody else")
    assert len(sent) == 5


def test_is_not_begun_twice_unless_the_connection_has_changed(connect, sent):
    connection = connect()
    probing.begin(connection, "fake-1")
    probing.begin(connection, "fake-1")
    assert len(sent) == 1
    begun = probing.taken(connection.pk)
    time.sleep(0.01)
    connection.save()
    probing.begin(connection, "fake-2")
    begun.note("done", text="Of the connection as it was.")
    assert (probing.result(connection).status, probing.result(connection).model) == ("waiting", "fake-2")


def test_a_task_that_comes_twice_or_too_late_does_nothing(connect, provider):
    connection = connect()
    outcome_of(connection)
    provider.clear()
    probe.carry_out(connection.pk, "fake-1", run)
    connection_id = connection.pk
    connection.delete()
    probe.carry_out(connection_id, "fake-1", run)
    assert provider.requests == []


def test_nothing_fails_while_valkey_is_away(connect, monkeypatch):
    connection = connect()
    monkeypatch.setattr(probing, "valkey", lambda: (_ for _ in ()).throw(ConnectionError))
    probing.begin(connection, "fake-1")
    assert probing.result(connection) is None


def test_the_key_is_in_no_place_where_a_test_is_kept(connect, sent, empty_valkey):
    connection = connect(key="sk-a-key-that-nobody-may-see")
    outcome_of(connection)
    with empty_valkey.client() as client:
        kept = []
        for key in client.scan_iter():
            with suppress(Exception):
                kept.append(client.hgetall(key))
            kept.append(key)
    assert "sk-a-key" not in repr((kept, sent, probing.result(connection)))
    assert conf.KEY_PREFIX in repr(kept)


def test_what_runs_beside_replies_is_cancelled_when_the_process_ends(monkeypatch):
    async def serve(loop):
        loop._serving = asyncio.current_task()
        loop._ready.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("parley.generation.worker.Heartbeat", Mock())
    monkeypatch.setattr(Loop, "_serve", serve)
    loop = Loop(Mock())
    loop._claims, loop._engine = Mock(), Mock(hand_over=AsyncMock())
    assert loop.run(asyncio.sleep(0, "done")) == "done"
    threading.Timer(0.1, loop.end_soon).start()
    with pytest.raises(CancelledError):
        loop.run(asyncio.sleep(30))
    loop._stop()
    assert not loop._beside
