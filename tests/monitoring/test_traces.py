"""Spans of a question, its reply and the request to the provider, as OpenTelemetry's SDK records them."""

import asyncio
import subprocess
import sys
from random import Random

import pytest
from django.contrib.auth import get_user_model
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parley import correlation, tracing
from parley.generation import clients, engine, telemetry
from parley.models import Message
from tests.support.processes import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "canary words of a question"


@pytest.fixture(scope="module")
def _exporter():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "get_tracer", provider.get_tracer)
        yield exporter


@pytest.fixture
def spans(_exporter):
    _exporter.clear()
    yield lambda: {span.name: span for span in _exporter.get_finished_spans()}
    tracing.begin("")


@pytest.fixture
def asked(client, monkeypatch, settings, provider, empty_valkey):
    """A function that asks a question on a page, and returns (its reply, the headers of its task)."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    sent = []

    def send(task, *arguments):
        headers = {}
        correlation._published(sender=task, headers=headers, body=(arguments, {}, {}))
        sent.append(headers)
        return True

    monkeypatch.setattr("parley.broker.send", send)
    client.force_login(get_user_model().objects.create_user("owner"))

    def ask(text):
        assert client.post("/conversations/", {"text": text}).status_code == 303
        return Message.objects.filter(role="assistant").latest("id"), sent[-1]

    return ask


def written(reply, headers):
    """Write a reply as a worker does that was sent its task."""
    tracing.begin(headers.get(tracing.HEADER, ""))
    from parley.ids import uuid7

    [writing] = engine.begin([reply.pk], uuid7()).values()

    async def write():
        with telemetry.writes(writing):
            outcome = await engine.write(writing, lambda _: None, Random(1))
            telemetry.ended(writing, outcome)
            await clients.close()
            return outcome

    return asyncio.run(write())


def test_a_question_its_reply_and_the_request_are_three_spans(asked, spans):
    reply, headers = asked(f"/say 5 words {WORDS}")
    assert written(reply, headers).status == "done"
    found = spans()
    assert set(found) == {"ask", "write_reply", "chat fake-1"}
    ask, write, chat = found["ask"], found["write_reply"], found["chat fake-1"]
    assert write.links[0].context.trace_id == ask.context.trace_id
    assert write.parent is None
    assert chat.parent.span_id == write.context.span_id
    assert chat.kind == trace.SpanKind.CLIENT
    told = dict(chat.attributes)
    assert told.pop(tracing.INPUT_TOKENS) > 0
    assert told.pop(tracing.OUTPUT_TOKENS) > 0
    assert told == {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "fake-1", "gen_ai.response.model": "fake-1",
        "gen_ai.response.finish_reasons": ("stop",), "server.address": "127.0.0.1",
    }  # fmt: skip
    assert write.attributes["parley.reply"] == str(reply.pk)


def test_a_failure_is_told_by_its_code(asked, spans):
    reply, headers = asked(f"/error 400 {WORDS}")
    assert written(reply, headers).status == "failed"
    found = spans()
    assert {name: span.attributes["error.type"] for name, span in found.items() if name != "ask"} == {
        "write_reply": "bad_request", "chat fake-1": "bad_request"}  # fmt: skip
    assert found["chat fake-1"].status.status_code == trace.StatusCode.ERROR


@pytest.mark.parametrize("words", ["/say 5 words", "/error 400", "/forged-error", "/echo"])
def test_no_span_holds_content(asked, spans, words):
    written(*asked(f"{words} {WORDS}"))
    assert len(spans()) == 3
    assert not any("canary" in span.to_json() for span in spans().values())


def test_a_task_that_nobody_asked_for_is_linked_to_nothing(asked, spans):
    reply, _ = asked("/say 5 words")
    written(reply, {})
    assert spans()["write_reply"].links == ()


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-00"])
def test_a_header_that_is_none_links_to_nothing(spans, header):
    tracing.begin(header)
    with tracing.span("write_reply", linked=True):
        pass
    assert spans()["write_reply"].links == ()


def test_an_exception_leaves_its_name_and_not_its_words(spans):
    with pytest.raises(ValueError, match=WORDS), tracing.span("ask"):
        raise ValueError(WORDS)
    assert WORDS not in spans()["ask"].to_json()
    assert spans()["ask"].attributes["error.type"] == "ValueError"


def test_without_the_package_nothing_is_recorded_and_everything_works():
    code = """
import sys
sys.modules["opentelemetry"] = None
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "parley_server.settings"
django.setup()
import parley.tasks, parley.urls
from parley import tracing
assert tracing.trace is None
with tracing.span("ask"):
    tracing.note("a", 1)
    tracing.failed("b")
assert (tracing.carried(), tracing.is_on()) == ({}, False)
print("works")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("works\n", 0), done.stderr


def test_a_request_that_is_not_traced_sends_no_header():
    assert tracing.carried() == {}
