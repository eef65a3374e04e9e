"""A process that was stopped, or got no processor, reads what came meanwhile before it believes that nothing did."""

import asyncio
import json
import socket
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import pytest
import uvloop

from parley.conf import conf
from parley.generation import streaming
from parley.generation.accumulator import Accumulator
from parley.generation.engine import write
from parley.generation.outcome import Outcome
from parley.generation.prompt import Request
from parley.generation.timeouts import STEPS, Timeout
from parley.generation.writing import Writing
from parley.models import Conversation, Message

pytestmark = pytest.mark.thorough

LIMIT, FOR_EVER = 0.4, 60
each_loop = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(coroutine, loop):
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(coroutine)


def event(content, reason=None):
    return (
        b"data: %b\n\n" % json.dumps({"choices": [{"delta": {"content": content}, "finish_reason": reason}]}).encode()
    )


def asks(reader):
    """Stands in for the request: the answer is what a socket brings."""

    async def received():
        while data := await reader.read(65536):
            yield data

    @asynccontextmanager
    async def answer():
        yield SimpleNamespace(response=SimpleNamespace(aiter_bytes=received))

    async def ask(*_):
        return answer()

    return ask


def send_late(theirs, received, seconds):
    theirs.send(received)
    time.sleep(seconds)


async def outcome_of(monkeypatch, standing_still, **limits):
    """Return the beginning and the outcome of an answer whose rest comes while the loop stands still."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    monkeypatch.setattr(streaming, "_ask", asks(reader))
    patient = {"connect_timeout": 0, "idle_timeout": FOR_EVER, "answer_timeout": FOR_EVER, **limits}
    reply = Message(conversation=Conversation())
    writing = Writing(reply, replace(conf.provider, **patient), Request("m", []), Accumulator())
    theirs.send(event("Half "))
    begun = asyncio.Event()
    task = asyncio.create_task(write(writing, lambda _: begun.set(), Random(1)))
    await begun.wait()
    if standing_still:
        send_late(theirs, event("and half.", "stop") + b"data: [DONE]\n\n", standing_still)
    try:
        return writing.text, await task
    finally:
        writer.close()
        theirs.close()


@each_loop
@pytest.mark.parametrize("limit", ["idle_timeout", "answer_timeout"])
def test_keeps_an_answer_that_came_while_the_process_stood_still(monkeypatch, limit, loop):
    _, outcome = run(outcome_of(monkeypatch, 3 * LIMIT, **{limit: LIMIT}), loop)
    assert outcome == Outcome("done")


@each_loop
@pytest.mark.parametrize("limit", ["idle_timeout", "answer_timeout"])
def test_ends_an_answer_that_does_not_go_on(monkeypatch, limit, loop):
    text, outcome = run(outcome_of(monkeypatch, 0, **{limit: LIMIT}), loop)
    assert (text, outcome) == ("Half ", Outcome("interrupted", "stalled"))


async def read_late():
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    loop = asyncio.get_running_loop()
    loop.call_later(LIMIT * (STEPS + 0.5) / STEPS, send_late, theirs, b"so", LIMIT)
    async with Timeout(LIMIT):
        received = await reader.read(9)
    writer.close()
    theirs.close()
    return received


@each_loop
def test_reads_once_more_after_the_last_step(loop):
    assert run(read_late(), loop) == b"so"


async def seconds_until_the_end(restarts):
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        async with Timeout(LIMIT) as timeout:
            for _ in range(restarts):
                await asyncio.sleep(LIMIT / 2)
                timeout.restart(LIMIT)
            await asyncio.sleep(FOR_EVER)
    return time.monotonic() - started


@each_loop
@pytest.mark.parametrize("restarts", [0, 4])
def test_counts_from_the_last_restart(restarts, loop):
    least = LIMIT * (1 + restarts / 2)
    assert least <= run(seconds_until_the_end(restarts), loop) < least + 10 * LIMIT


async def cancelled():
    task = asyncio.current_task()
    asyncio.get_running_loop().call_soon(task.cancel)
    async with Timeout(FOR_EVER):
        await asyncio.sleep(FOR_EVER)


@each_loop
def test_lets_others_cancel(loop):
    with pytest.raises(asyncio.CancelledError):
        run(cancelled(), loop)
