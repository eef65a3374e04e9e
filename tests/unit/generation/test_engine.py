from random import Random

from parley.conf import conf
from parley.generation import engine, streaming
from parley.generation.accumulator import Accumulator
from parley.generation.engine import write
from parley.generation.outcome import Outcome, ProviderError
from parley.generation.request import Request
from parley.generation.writing import Writing
from parley.models import Conversation, Message


def writing_of(reply):
    return Writing(reply, conf.provider, Request(reply.model), Accumulator())


async def test_asks_no_model_that_the_administrator_has_forbidden_since(settings):
    settings.PARLEY = {**settings.PARLEY, "MODEL": "fake-1", "MODELS": ["fake-1"]}
    writing = writing_of(Message(model="fake-2", conversation=Conversation()))
    assert await write(writing, lambda _: None, Random(1)) == Outcome("failed", "model_not_allowed")


async def test_begins_each_try_anew(monkeypatch):
    tries = iter(([{"content": "<thi"}], [{"content": "So."}]))

    async def stream(*_):
        for delta in (deltas := next(tries)):
            yield [{"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}]
        if deltas[0]["content"] == "<thi":
            raise ProviderError("unreachable", retriable=True)

    monkeypatch.setattr(streaming, "stream", stream)
    monkeypatch.setattr(engine, "retry_delay", lambda *_, **__: 0)
    writing = writing_of(Message(conversation=Conversation()))
    assert await write(writing, lambda _: None, Random(1)) == Outcome("done")
    assert writing.text == "So."


async def test_keeps_what_was_held_back_when_the_connection_breaks(monkeypatch):
    async def stream(*_):
        yield [{"choices": [{"index": 0, "delta": {"content": "<"}}]}]
        raise ProviderError("unreachable")

    monkeypatch.setattr(streaming, "stream", stream)
    writing = writing_of(Message(conversation=Conversation()))
    assert await write(writing, lambda _: None, Random(1)) == Outcome("interrupted", "cut")
    assert writing.text == "<"
