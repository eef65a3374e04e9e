from random import Random

import pytest
from django.db import OperationalError

from parley.conf import conf
from parley.generation import engine, streaming
from parley.generation.accumulator import Accumulator
from parley.generation.engine import write
from parley.generation.outcome import Outcome, ProviderError
from parley.generation.prompt import Request
from parley.generation.streamed_text import LONGEST_TEXT
from parley.generation.writing import Running, Writing
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


async def test_calls_no_answer_whole_of_which_it_kept_only_the_beginning(monkeypatch):
    """Though a good end came in the same read."""

    async def stream(*_):
        text = {"index": 0, "delta": {"content": "a" * (LONGEST_TEXT + 1)}}
        yield [{"choices": [text]}, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]

    monkeypatch.setattr(streaming, "stream", stream)
    writing = writing_of(Message(conversation=Conversation()))
    assert await write(writing, lambda _: None, Random(1)) == Outcome("interrupted", "too_much")


class Visits(list):
    """Stands in for the threads of the database: calls a function at once, and notes its name."""

    async def at_last(self, function, *arguments):
        self.append(function.__name__)
        return function(*arguments)


class NoLog:
    async def end(self, ended):
        pass


@pytest.mark.parametrize(
    ("times", "expected"), [(0, ["settle_and_dispatch"]), (1, ["settle_and_dispatch", "dispatch_next"])]
)
async def test_settles_once_however_often_the_next_replies_are_enqueued(monkeypatch, times, expected):
    """Both in one visit of the database, unless that goes away in between."""
    failures, settled, visits = [OperationalError("away")] * times, [], Visits()

    def dispatch_next(reply):
        if failures:
            raise failures.pop()

    monkeypatch.setattr(engine, "settle", lambda *what: settled.append(what) is None)
    monkeypatch.setattr(engine, "dispatch_next", dispatch_next)
    writing, failed = writing_of(Message(conversation=Conversation())), Outcome("failed", "internal")
    assert await engine.Engine(Running(), NoLog(), None, visits)._settle(writing, failed) == "failed"
    assert settled == [(writing, failed)]
    assert visits == expected


async def test_sends_the_task_of_what_it_hands_over_once_it_is_no_longer_its_own(monkeypatch):
    """A worker that still has it takes a task that comes for one that came twice, and nobody writes the reply."""
    writing, running, still_its_own = writing_of(Message(conversation=Conversation())), Running(), []
    running[writing.reply.pk] = writing
    monkeypatch.setattr(engine, "settle", lambda *what: True)
    monkeypatch.setattr(engine, "dispatch_next", lambda reply: still_its_own.append(reply.pk in running))
    await engine.Engine(running, NoLog(), None, Visits())._settle(writing, Outcome("handed over"))
    assert still_its_own == [False]
