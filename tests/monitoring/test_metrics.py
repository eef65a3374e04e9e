"""What Prometheus reads: what is counted, under which names, and how many series that makes."""

import re
import threading
import time
from decimal import Decimal

import httpx2
import pytest
from django.contrib.auth import get_user_model
from prometheus_client.parser import text_string_to_metric_families

from parley.generation import catalogue, ledger
from parley.models import Conversation, Message
from parley.monitoring import listening, metrics, scrape
from parley.monitoring.counters import Counters, totals
from parley.monitoring.metrics import counted, observed
from parley.provider import Provider
from parley_server.asgi import application
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "token-of-prometheus"
THOUSAND = {f"model-{number}": {} for number in range(1000)}


def read(text):
    """Sample name → {labels: value}, as prometheus-client reads it."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert len(samples) == len({(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples})
    found = {}
    for sample in samples:
        found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@pytest.fixture
def process(empty_valkey, monkeypatch):
    """The counters of a new process."""
    listening._listed.cache_clear()
    return new_process(monkeypatch)


def new_process(monkeypatch):
    counters = Counters()
    monkeypatch.setattr(counters, "_wake", lambda: None)
    monkeypatch.setattr("parley.monitoring.listening.counters", counters)
    return counters


@pytest.fixture
def reply(process, monkeypatch, settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr("parley.broker.send", lambda *_: True)
    conversation, _ = Conversation.start(get_user_model().objects.create_user("owner"), "Hello")
    return conversation.messages.get(role="assistant")


def test_the_names_are_those_of_the_design():
    names = {f"parley_{metric.name}" for metric in metrics.ALL}
    assert names >= {
        "parley_replies_total", "parley_replies", "parley_oldest_pending_seconds", "parley_first_text_seconds",
        "parley_reply_seconds", "parley_tokens_total", "parley_cost_total", "parley_provider_errors_total",
        "parley_sockets", "parley_workers", "parley_transfers", "parley_build_info", "parley_valkey_up",
    }  # fmt: skip


def test_two_processes_count_together(process, monkeypatch):
    process.add(counted("replies_total", "done", ""), observed("reply_seconds", 1.5))
    other = new_process(monkeypatch)
    other.add(counted("replies_total", "done", ""), observed("reply_seconds", 4000))
    assert process.flush()
    assert other.flush()
    found = read(scrape.text())
    assert found["parley_replies_total"] == {("done", ""): 2}
    assert found["parley_reply_seconds_bucket"][("1",)] == 0
    assert found["parley_reply_seconds_bucket"][("2",)] == 1
    assert found["parley_reply_seconds_bucket"][("3600",)] == 1
    assert found["parley_reply_seconds_bucket"][("+Inf",)] == found["parley_reply_seconds_count"][()] == 2
    assert found["parley_reply_seconds_sum"][()] == 4001.5


def test_what_valkey_does_not_take_is_sent_later(process, monkeypatch):
    from redis import Redis

    with monkeypatch.context() as patch:
        away = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
        patch.setattr("parley.monitoring.counters.connection", lambda: away)
        process.add(counted("replies_total", "done", ""))
        assert not process.flush()
        process.add(counted("replies_total", "done", ""))
        assert not process.flush()
    assert process.flush()
    assert read(scrape.text())["parley_replies_total"] == {("done", ""): 2}


def test_the_thread_sends_by_itself(empty_valkey):
    Counters().add(counted("provider_errors_total", "timeout"))
    until(lambda: totals()[0] == {("provider_errors_total", "timeout"): 1}, 10, "Nothing was sent")


def test_a_scrape_without_valkey_has_what_the_database_says(reply, monkeypatch):
    from redis import Redis

    away = Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    monkeypatch.setattr("parley.monitoring.counters.connection", lambda: away)
    found = read(scrape.text())
    assert found["parley_valkey_up"][()] == 0
    assert found["parley_database_up"][()] == 1
    assert found["parley_replies"] == {("pending",): 1, ("streaming",): 0}
    assert "parley_replies_total" not in found


def test_a_scrape_without_the_database_has_what_was_counted(process, monkeypatch):
    from django.db import OperationalError

    def away():
        raise OperationalError

    process.add(counted("replies_total", "done", ""))
    process.flush()
    monkeypatch.setattr("parley.monitoring.readings.read", away)
    found = read(scrape.text())
    assert (found["parley_database_up"][()], found["parley_valkey_up"][()]) == (0, 1)
    assert found["parley_replies_total"] == {("done", ""): 1}
    assert "parley_workers" not in found


def test_a_socket_counts_while_its_process_reports(process, monkeypatch):
    process.add_sockets(2)
    process.flush()
    other = new_process(monkeypatch)
    other.add_sockets(1)
    other.flush()
    assert read(scrape.text())["parley_sockets"][()] == 3
    other.add_sockets(-1)
    other.flush()
    assert read(scrape.text())["parley_sockets"][()] == 2
    monkeypatch.setattr("parley.monitoring.counters.STALE", -1)
    assert read(scrape.text())["parley_sockets"][()] == 0


# What a reply and its requests are


def ended_call(reply, provider, **facts):
    call = ledger.begin(reply, provider, **{"model": "fake-1", **facts})
    call.note_first_token()
    call.end("done", prompt_tokens=100, cached_tokens=40, completion_tokens=7, reasoning_tokens=0)
    call.cost = Decimal("0.00012345")
    return call


def count(process, call, provider):
    listening._call_ended(call=call, provider=provider)
    process.flush()
    return read(scrape.text())


def test_tokens_cost_and_first_text_of_a_request(reply, process):
    provider = Provider("http://127.0.0.1:9/v1", model="fake-1")
    found = count(process, ended_call(reply, provider), provider)
    assert found["parley_tokens_total"] == {
        ("prompt", "fake-1"): 100, ("cached", "fake-1"): 40, ("completion", "fake-1"): 7}  # fmt: skip
    assert found["parley_cost_total"] == {("fake-1",): 0.00012345}
    assert found["parley_first_text_seconds_count"] == {("fake-1",): 1}


def test_a_model_that_nobody_lists_has_no_label(reply, process):
    provider = Provider("http://127.0.0.1:9/v1", model="base", models=("*",))
    found = count(process, ended_call(reply, provider, model="my secret words"), provider)
    assert {labels[-1] for labels in found["parley_tokens_total"]} == {"other"}


def test_a_persons_own_connection_counts_neither_tokens_nor_cost(reply, process):
    provider = Provider("http://127.0.0.1:9/v1", model="mine", slug="p-846abfdf5c40")
    found = count(process, ended_call(reply, provider, model="mine"), provider)
    assert "parley_tokens_total" not in found
    assert "parley_cost_total" not in found
    assert found["parley_first_text_seconds_count"] == {("other",): 1}


def test_a_thousand_models_make_few_series(reply, process, monkeypatch):
    provider = Provider("http://127.0.0.1:9/v1", models=("*",))
    catalogue.keep(provider, THOUSAND)
    for number, model in enumerate(THOUSAND):
        listening._call_ended(call=ended_call(reply, provider, model=model), provider=provider)
        if number % 300 == 0:
            process.flush()
            process = new_process(monkeypatch)
    process.flush()
    for code in listening.SENTENCES:
        process.add(counted("provider_errors_total", code))
        for status in ("failed", "interrupted"):
            process.add(counted("replies_total", status, code))
    for status in ("done", "stopped"):
        process.add(counted("replies_total", status, ""))
    process.add(observed("reply_seconds", 1))
    process.flush()
    text = scrape.text()
    found = read(text)
    assert 250 < sum(map(len, found.values())) <= 500
    models = {labels[-1] for labels in found["parley_cost_total"]}
    assert len(models) == metrics.MAX_MODELS + 1
    assert found["parley_cost_total"][("other",)] == pytest.approx((1000 - metrics.MAX_MODELS) * 0.00012345)
    assert sum(found["parley_first_text_seconds_count"].values()) == 1000


def test_a_settled_reply_is_counted_by_its_end(reply, process):
    assert Message.objects.get(pk=reply.pk).stop()
    stopped = Message.objects.get(pk=reply.pk)
    listening._reply_settled(reply=stopped)
    stopped.error = "a code that nobody knows"
    listening._reply_settled(reply=stopped)
    process.flush()
    assert read(scrape.text())["parley_replies_total"] == {("stopped", ""): 1, ("stopped", "other"): 1}


@pytest.mark.parametrize(
    ("name", "up", "there"),
    [("readings.read", "database", "parley_sockets"), ("totals", "valkey", "parley_workers")],
)
def test_a_store_that_hangs_is_told_in_seconds_and_asked_once(process, monkeypatch, name, up, there):
    asked, released = [], threading.Event()

    def hang():
        asked.append(released.wait(20))
        return ({}, 0)

    with monkeypatch.context() as patch:
        patch.setattr(f"parley.monitoring.scrape.{name}", hang)
        began = time.monotonic()
        for _ in range(2):
            found = read(scrape.text())
            assert found[f"parley_{up}_up"][()] == 0
            assert there in found
        assert time.monotonic() - began < 6
        released.set()
        until(lambda: asked == [True], 5, "It was asked twice")
    assert read(scrape.text())[f"parley_{up}_up"][()] == 1


def test_hostile_labels_and_fields_of_another_version_break_no_line(process, empty_valkey):
    process.add(counted("provider_errors_total", 'a"b\\c\nd'))
    process.flush()
    with empty_valkey.client() as client:
        client.hset("parley:metrics", '["replies_total","done"]', 1)
        client.hset("parley:metrics", '["nobody_knows_total","done"]', 1)
    found = read(scrape.text())
    assert found["parley_provider_errors_total"] == {('a"b\\c\nd',): 1}
    assert "parley_replies_total" not in found


# Who may read it


@pytest.fixture
async def http(empty_valkey, settings):
    settings.PARLEY = {**settings.PARLEY, "METRICS_TOKEN": TOKEN}
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://10.1.2.3") as client:
        yield client


async def test_is_read_with_the_token(http):
    response = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert read(response.text)["parley_valkey_up"][()] == 1


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN},
    {"Authorization": f"Bearer {TOKEN}é".encode("latin-1")}])  # fmt: skip
async def test_is_not_read_without_it(http, given):
    response = await http.get("/metrics", headers=given)
    assert response.status_code == 401
    assert "parley_" not in response.text


async def test_is_off_without_a_token(http, settings):
    settings.PARLEY = {**settings.PARLEY, "METRICS_TOKEN": ""}
    assert (await http.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 404


def test_help_and_type_stand_once_for_each_metric(process):
    text = scrape.text()
    for kind in ("HELP", "TYPE"):
        names = re.findall(rf"^# {kind} (\S+)", text, re.MULTILINE)
        assert len(names) == len(set(names)) == len(metrics.ALL)


def test_a_host_includes_the_addresses(client, settings, process):
    settings.ROOT_URLCONF = "parley.monitoring.urls"
    settings.PARLEY = {**settings.PARLEY, "METRICS_TOKEN": TOKEN}
    assert client.get("/metrics").status_code == 401
    assert b"parley_workers 0" in client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content
    assert client.get("/readyz").json()["parts"]["database"]["state"] == "ok"
    assert (client.get("/up").content, client.post("/up").status_code) == (b"ok", 405)
