"""Requests in threads: one after the other on SQLite, unless one is slow."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from standalone.handler import ThreadedHandler

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(monkeypatch):
    """Call these at the same time, as views of requests would be."""
    monkeypatch.setattr(ThreadedHandler, "turns", threading.Semaphore(1))
    monkeypatch.setattr(ThreadedHandler, "get_response", lambda self, view: view())

    def answer(*views):
        with ThreadPoolExecutor(len(views)) as threads:
            return list(threads.map(ThreadedHandler()._respond, views))

    return answer


def test_quick_requests_are_answered_one_after_the_other(answer):
    now, most = [], []

    def quick():
        now.append(quick)
        most.append(len(now))
        time.sleep(0.01)  # as long as a transaction
        now.pop()

    answer(*[quick] * 10)
    assert most == [1] * 10


def test_a_slow_request_does_not_hold_up_the_others(answer):
    others = threading.Barrier(3)
    assert sorted(answer(*[lambda: others.wait(timeout=20)] * 3)) == [0, 1, 2]


def test_a_turn_is_given_back_when_a_request_fails(answer):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            answer(lambda: 1 / 0)
    assert ThreadedHandler.turns.acquire(blocking=False)
