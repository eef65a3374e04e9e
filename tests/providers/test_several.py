"""Several providers in one process: each is asked by its own value, and nothing of one holds for another."""

from dataclasses import replace
from random import Random

import pytest

from parley.conf import conf
from parley.generation import catalogue, clients, engine, inquiry, streaming
from parley.generation.outcome import Outcome
from parley.generation.prompt import Prompt, Request
from parley.models import Conversation, Message


@pytest.fixture(autouse=True)
async def _afresh(monkeypatch):
    monkeypatch.setattr(streaming, "_dialects", {})
    yield
    await clients.close()


@pytest.fixture
def one(provider):
    return replace(conf.provider, key="sk-one", headers=(("X-Team", "one"),), extra_body={"provider": {"only": "a"}})


@pytest.fixture
def other(provider):
    return replace(conf.provider, base_url=provider.base_url.replace("127.0.0.1", "localhost"), key="sk-other")


async def ask(provider, question="/say 3 words"):
    async for _ in streaming.stream(provider, Request("fake-1", [{"role": "user", "content": question}])):
        pass


async def test_are_asked_with_their_own_key_headers_and_extras(provider, one, other):
    await ask(one)
    await ask(other)
    first, second = provider.completions
    assert [request.headers["authorization"] for request in (first, second)] == ["Bearer sk-one", "Bearer sk-other"]
    assert (first.headers["x-team"], first.body["provider"]) == ("one", {"only": "a"})
    assert "x-team" not in second.headers
    assert "provider" not in second.body


async def test_are_listed_with_their_own_key_and_headers(provider, one, other):
    inquiry.ask(one)
    inquiry.ask(other)
    asked = [(request.headers["authorization"], request.headers.get("x-team")) for request in provider.requests]
    assert asked == [("Bearer sk-one", "one"), ("Bearer sk-other", None)]


async def test_are_learned_of_by_themselves(provider, one, other):
    for asked in (one, one, other):
        await ask(asked, "/refuse stream_options then /say 3 words")
    assert ["stream_options" in request.body for request in provider.completions] == [True, False, False, True, False]


async def test_are_closed_all(one, other):
    await ask(one)
    await ask(other)
    kept = list(clients._kept.values())
    await clients.close()
    assert [client.is_closed() for client in kept] == [True, True]
    assert clients._kept == {}


async def test_are_kept_in_a_bounded_number(one, other, monkeypatch):
    monkeypatch.setattr(clients, "MAX_KEPT", 2)
    third = replace(one, key="sk-third")
    await ask(one)
    await ask(other)
    await ask(one)
    least_used = clients._kept[other]
    await ask(third)
    assert list(clients._kept) == [one, third]
    assert least_used.is_closed()


async def test_are_not_closed_in_mid_answer(one, other, monkeypatch):
    monkeypatch.setattr(clients, "MAX_KEPT", 1)
    question = "/say 30 words at 60"
    answering = streaming.stream(one, Request("fake-1", [{"role": "user", "content": question}]))
    await anext(answering)
    await ask(other)
    client = clients._kept[one]
    assert [batch async for batch in answering][-1][-1] == "[DONE]"
    await ask(replace(one, key="sk-third"))
    assert client.is_closed()
    assert len(clients._kept) == 1
    assert not clients._lent


def test_have_lists_of_their_own(provider, one, other, empty_valkey):
    assert catalogue.refresh(one)
    assert catalogue.offered(one).names
    assert (catalogue.offered(other).names, catalogue.offered(other).old) == ((), True)
    assert catalogue.refresh(replace(other, models=("*-2",)))
    assert catalogue.offered(replace(other, models=("*-2",))).names == ("fake-1", "fake-2")


async def test_answer_the_replies_of_conversations_that_name_them(provider, other, monkeypatch):
    monkeypatch.setattr(engine, "provider_of", lambda choice, owner_id: other)
    reply = Message(model="fake-1", conversation=Conversation())
    request = Request("fake-1", [{"role": "user", "content": "/say 3 words"}])
    monkeypatch.setattr(engine, "_request", lambda *args: (request, Prompt(request.messages, 0)))
    writing = engine._writing(reply)
    assert await engine.write(writing, lambda _: None, Random(1)) == Outcome("done")
    assert provider.completions[0].headers["authorization"] == "Bearer sk-other"
