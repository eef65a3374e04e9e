from random import Random

import pytest

from parley.generation import engine, provider
from parley.generation.accumulator import Accumulator
from parley.generation.engine import Writing, write
from parley.generation.outcome import Outcome, ProviderError
from parley.models import Message


async def test_asks_no_model_that_the_administrator_has_forbidden_since(settings):
    settings.PARLEY = {**settings.PARLEY, "MODEL": "fake-1", "MODELS": ["fake-1"]}
    writing = Writing(Message(model="fake-2"), {}, Accumulator())
    assert await write(writing, lambda _: None, Random(1)) == Outcome("failed", "model_not_allowed")


async def test_begins_each_try_anew(monkeypatch):
    tries = iter(([{"content": "<thi"}], [{"content": "So."}]))

    async def stream(**_):
        for delta in (deltas := next(tries)):
            yield [{"choices": [{"index": 0, "delta": delta, "finish_reason": "stop"}]}]
        if deltas[0]["content"] == "<thi":
            raise ProviderError("unreachable", retriable=True)

    monkeypatch.setattr(provider, "stream", stream)
    monkeypatch.setattr(engine, "retry_delay", lambda *_, **__: 0)
    writing = Writing(Message(), {}, Accumulator())
    assert await write(writing, lambda _: None, Random(1)) == Outcome("done")
    assert writing.text == "So."


async def test_keeps_what_was_held_back_when_the_connection_breaks(monkeypatch):
    async def stream(**_):
        yield [{"choices": [{"index": 0, "delta": {"content": "<"}}]}]
        raise ProviderError("unreachable")

    monkeypatch.setattr(provider, "stream", stream)
    writing = Writing(Message(), {}, Accumulator())
    assert await write(writing, lambda _: None, Random(1)) == Outcome("interrupted", "cut")
    assert writing.text == "<"


@pytest.mark.parametrize(
    ("key", "said", "shown"),
    [
        ("x", "The context is x, not 'x'.", "The context is ***, not '***'."),
        ("ollama", "Ask ollama with ollamas.", "Ask *** with ollamas."),
        ("pass-word", "key=Xpass-wordX", "key=X***X"),
        ("", "Nothing", "Nothing"),
    ],
)
def test_masks_the_key_and_no_words(settings, key, said, shown):
    settings.PARLEY = {**settings.PARLEY, "API_KEY": key}
    assert provider.detail(said) == provider.redacted(said) == shown
