"""Threads for requests: in order, no more than its share for one client, one after the other where turns are one."""

import asyncio
import threading
import time
from itertools import count

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections
from django.http import HttpResponse
from django.urls import clear_script_prefix, set_script_prefix

from parley_server import lanes
from parley_server.handler import ThreadedHandler, _addresses_of_passwords, may_hash_a_password
from parley_server.lanes import Busy, Lane

SOMEBODY = count()


async def answer(lane, *views, client=None):
    """Call these at the same time, as views of requests would be, each of another client unless one is named."""
    runs = [lane.run(client or f"client {next(SOMEBODY)}", view) for view in views]
    return await asyncio.gather(*runs, return_exceptions=True)


@pytest.fixture
def lane():
    return Lane("test", 8, each=4, turns=1)


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
async def test_quick_requests_are_answered_one_after_the_other(monkeypatch, vendor):
    monkeypatch.setattr(type(connections["default"]), "vendor", vendor)
    now, most = [], []

    def quick():
        now.append(quick)
        most.append(len(now))
        time.sleep(0.01)  # as long as a transaction
        now.pop()

    await answer(ThreadedHandler().pages, *[quick] * 10)
    assert most == [1] * 10


@pytest.mark.parametrize("client", [None, "one"])
async def test_who_came_first_is_answered_first_however_many_come(lane, client):
    answered = []

    def view(number):
        time.sleep(0.01)
        answered.append(number)

    await answer(lane, *[lambda number=number: view(number) for number in range(50)], client=client)
    assert answered == list(range(50))


async def test_a_slow_request_does_not_hold_up_the_others(lane):
    others = threading.Barrier(3)
    assert sorted(await answer(lane, *[lambda: others.wait(timeout=20)] * 3)) == [0, 1, 2]


async def test_a_turn_is_given_back_once_however_a_request_ends(lane):
    slow = threading.Event()
    threading.Timer(0.4, slow.set).start()
    ended = await answer(lane, lambda: 1 / 0, lambda: slow.wait(20), lambda: "quick")
    assert isinstance(ended[0], ZeroDivisionError)
    assert ended[1:] == [True, "quick"]
    await lane.turns.acquire()
    assert lane.turns.locked()


async def test_ten_slow_clicks_of_one_client_leave_the_others_their_threads():
    lane, lock, begun = Lane("test", 8, each=4), threading.Event(), threading.Semaphore(0)
    clicks = asyncio.create_task(answer(lane, *[lambda: begun.release() or lock.wait(60)] * 10, client="one"))
    for _ in range(4):
        await asyncio.to_thread(begun.acquire, timeout=20)
    try:
        async with asyncio.timeout(20):
            assert await answer(lane, *[lambda: "page"] * 4) == ["page"] * 4
    finally:
        lock.set()
    assert await clicks == [True] * 10


async def test_a_thread_is_not_free_because_its_client_went_away():
    lane, lock, begun = Lane("test", 2, each=1), threading.Event(), threading.Event()
    click = asyncio.create_task(lane.run("one", lambda: begun.set() or lock.wait(20)))
    await asyncio.to_thread(begun.wait, 20)
    click.cancel()
    await asyncio.gather(click, return_exceptions=True)
    again = asyncio.create_task(lane.run("one", lambda: "again"))
    assert await answer(lane, lambda: "another") == ["another"]
    assert not again.done()
    lock.set()
    assert await again == "again"


async def test_who_waits_too_long_is_told(monkeypatch):
    monkeypatch.setattr(lanes, "LONGEST_WAIT", 0.05)
    lane, lock = Lane("test", 1, each=1), threading.Event()
    first = asyncio.create_task(lane.run("one", lock.wait, 20))
    assert [type(error) for error in await answer(lane, str, str)] == [Busy, Busy]
    lock.set()
    assert await first is True
    assert await answer(lane, str) == [""]


@pytest.mark.parametrize(("client", "waiting"), [("one", 3), (None, 12)])
async def test_a_crowd_is_told_at_once(client, waiting):
    lane, lock = Lane("test", 1, each=1, crowd=3), threading.Event()
    crowd = asyncio.create_task(answer(lane, *[lambda: lock.wait(20)] * waiting, client=client))
    await asyncio.sleep(0.01)
    assert [type(error) for error in await answer(lane, str, client=client)] == [Busy]
    lock.set()
    assert await crowd == [True] * waiting


async def test_nothing_is_kept_of_who_has_been_answered(lane):
    await answer(lane, *[str] * 20)
    assert (lane._clients, dict(lane._requests)) == ({}, {})


async def test_a_class_behind_one_address_signs_in_together():
    lane, lock = ThreadedHandler().passwords, threading.Event()
    people = asyncio.create_task(answer(lane, *[lambda: lock.wait(20)] * 40, client="192.0.2.1"))
    await asyncio.sleep(0.1)
    lock.set()
    assert await people == [True] * 40


@pytest.mark.parametrize("first", ["client", "answer"])
async def test_what_came_with_a_request_is_closed_when_its_client_goes_away(rf, monkeypatch, first):
    handler, response, closed = ThreadedHandler(), HttpResponse(), threading.Event()
    begun, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(response, "close", closed.set)
    monkeypatch.setattr(handler, "_respond", lambda _: begun.set() or (goes_on.wait(30) and response))
    asked = asyncio.create_task(handler.get_response_async(rf.get("/")))
    await asyncio.to_thread(begun.wait, 30)
    if first == "answer":
        goes_on.set()
        time.sleep(0.1)  # noqa: ASYNC251 so that the loop hears of the answer after the client has left
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    goes_on.set()
    assert await asyncio.to_thread(closed.wait, 30)


def test_no_answer_stays_in_memory_while_another_sweeps(monkeypatch):
    lock, closed = threading.Event(), threading.Event()
    handler, sweeps, other = ThreadedHandler(), HttpResponse(), HttpResponse()
    sweeps.close, other.close = (lambda: lock.wait(60)), closed.set
    answers = iter([sweeps, other])
    monkeypatch.setattr("parley_server.handler.close_old_connections", lambda: None)
    monkeypatch.setattr(handler, "get_response", lambda request: next(answers))
    for _ in range(2):
        handler._respond(None).close()
    try:
        assert closed.wait(30)
    finally:
        lock.set()


async def test_a_request_changes_threads_twice(monkeypatch):
    """Once to be answered and once to be closed; Django would do so a third time, to prepare its connections."""
    changes, sent, change = [], [], SyncToAsync.__call__
    monkeypatch.setattr(SyncToAsync, "__call__", lambda self, *args: (changes.append(self), change(self, *args))[1])
    monkeypatch.setattr("parley_server.handler.close_old_connections", lambda: None)
    handler, body = ThreadedHandler(), asyncio.Queue()
    monkeypatch.setattr(handler, "get_response", lambda request: HttpResponse("here"))
    body.put_nowait({"type": "http.request"})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"testserver")]}
    await handler(scope, body.get, send)
    assert sent[1]["body"] == b"here"
    assert len(changes) == 2


def test_passwords_have_their_lane_below_a_path_too(rf):
    _addresses_of_passwords.cache_clear()
    set_script_prefix("/chat/")
    try:
        request = rf.post("/accounts/login/", SCRIPT_NAME="/chat")
        assert may_hash_a_password(request)
    finally:
        clear_script_prefix()
        _addresses_of_passwords.cache_clear()
