"""A server with a small window, which answers as if it had read everything."""

from random import Random

import pytest

from parley.conf import conf
from parley.generation import clients, engine
from parley.generation import usage as reading
from parley.generation.accumulator import Accumulator
from parley.generation.outcome import Outcome
from parley.generation.prompt import Request
from parley.models import Conversation, Message


@pytest.fixture(autouse=True)
async def _closed(provider):
    yield
    await clients.close()


@pytest.mark.parametrize(("model", "unread"), [("fake-narrow", 25_004), ("fake-1", 0)])
async def test_tells_by_its_count_that_it_has_not_read_all(provider, model, unread):
    turns = [("user", "word " * 20_000), ("assistant", "Well."), ("user", "/say 3 words")]
    messages = [{"role": role, "content": content} for role, content in turns]
    reply = Message(model=model, conversation=Conversation())
    writing = engine.Writing(reply, conf.provider, Request(model, messages), Accumulator())
    assert await engine.write(writing, lambda _: None, Random(1)) == Outcome("done")
    assert reading.unread(messages, writing.answer.usage) == unread
