"""Requests in threads: one after the other on SQLite, in order, unless one is slow."""

import asyncio
import threading
import time

import pytest

from standalone.handler import ThreadedHandler

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler(monkeypatch):
    monkeypatch.setattr(ThreadedHandler, "get_response", lambda self, view: view())
    handler = ThreadedHandler()
    handler.turns = asyncio.Semaphore(1)
    return handler


async def answer(handler, *views):
    """Call these at the same time, as views of requests would be."""
    return await asyncio.gather(*map(handler.get_response_async, views), return_exceptions=True)


async def test_quick_requests_are_answered_one_after_the_other(handler):
    now, most = [], []

    def quick():
        now.append(quick)
        most.append(len(now))
        time.sleep(0.01)  # as long as a transaction
        now.pop()

    await answer(handler, *[quick] * 10)
    assert most == [1] * 10


async def test_who_came_first_is_answered_first_however_many_come(handler):
    answered = []

    def view(number):
        time.sleep(0.01)
        answered.append(number)

    await answer(handler, *[lambda number=number: view(number) for number in range(50)])
    assert answered == list(range(50))


async def test_a_slow_request_does_not_hold_up_the_others(handler):
    others = threading.Barrier(3)
    assert sorted(await answer(handler, *[lambda: others.wait(timeout=20)] * 3)) == [0, 1, 2]


async def test_a_turn_is_given_back_once_however_a_request_ends(handler):
    slow = threading.Event()
    threading.Timer(0.4, slow.set).start()
    ended = await answer(handler, lambda: 1 / 0, lambda: slow.wait(20), lambda: "quick")
    assert isinstance(ended[0], ZeroDivisionError)
    assert ended[1:] == [True, "quick"]
    await handler.turns.acquire()
    assert handler.turns.locked()
