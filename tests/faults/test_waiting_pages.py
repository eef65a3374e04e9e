"""While requests wait for a lock, what needs no lock does not wait for them."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import question, until_settled
from tests.support.locks import feeds_locked, file_locked

pytestmark = pytest.mark.alone
WAITING = 20
QUICK = 1.0
"""Seconds in which a health check or a style sheet is there."""
NEEDS_NOTHING = ["/healthz", "/static/parley/parley.css"]


class Sent:
    """Forms that are on their way, each a function."""

    def __init__(self, *forms):
        self._pool = ThreadPoolExecutor(len(forms))
        self._answers = [self._pool.submit(form) for form in forms]
        time.sleep(1)  # All of them have reached the server.

    def answered(self):
        return [answer for answer in self._answers if answer.done()]

    def statuses(self):
        with self._pool:
            return [answer.result(60).status_code for answer in self._answers]


def seconds(person, path):
    began = time.monotonic()
    assert person.get(path).status_code == 200
    return time.monotonic() - began


def test_health_and_files_do_not_wait_for_sqlite(stack):
    people, probe = [stack.person() for _ in range(WAITING)], stack.person()
    seconds(probe, NEEDS_NOTHING[0])
    with file_locked(stack.db):
        sent = Sent(*[lambda person=person: person.post("/conversations/", text=question(3)) for person in people])
        assert [path for path in NEEDS_NOTHING * 3 if seconds(probe, path) > QUICK] == []
        assert sent.answered() == []
    assert sent.statuses() == [303] * WAITING


def test_ten_clicks_of_one_person_do_not_stop_another(postgres_stack):
    one, another = postgres_stack.person(), postgres_stack.person()
    conversation = one.start(question(3))
    until_settled(postgres_stack, conversation)
    seconds(another, "/")
    with feeds_locked(postgres_stack.db, one.name):
        sent = Sent(*[lambda: one.post(f"/c/{conversation}/pin/")] * 10)
        assert [path for path in ["/", *NEEDS_NOTHING] if seconds(another, path) > 3] == []
    assert set(sent.statuses()) <= {303, 503}
