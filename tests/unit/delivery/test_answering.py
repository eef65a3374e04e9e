from types import SimpleNamespace

import pytest

from parley.delivery import answering
from parley.delivery.answering import answered, patience


@pytest.fixture
def clock(monkeypatch):
    """The time, to be set."""
    time = SimpleNamespace(now=1000.0, monotonic=lambda: time.now)
    monkeypatch.setattr(answering, "time", time)
    monkeypatch.setattr(answering, "_until", {})
    return time


def request_of(owner):
    return SimpleNamespace(user=SimpleNamespace(pk=owner))


def test_lets_the_tabs_of_a_person_wait_for_the_answer_to_their_form(clock):
    seen = []
    view = answered(lambda request: seen.append((patience(1), patience(2))))
    view(request_of(1))
    assert seen == [(float("inf"), 0)]


def test_lets_them_wait_a_moment_more_until_the_answer_has_come(clock):
    answered(lambda request: None)(request_of(1))
    assert patience(1) == answering.PATIENCE
    clock.now += answering.PATIENCE
    assert patience(1) == 0


def test_lets_nobody_wait_for_ever_when_a_view_fails(clock):
    with pytest.raises(ZeroDivisionError):
        answered(lambda request: 1 / 0)(request_of(1))
    clock.now += answering.PATIENCE
    assert patience(1) == 0


def test_forgets_whose_forms_were_answered(clock):
    answered(lambda request: None)(request_of(1))
    clock.now += answering.PATIENCE
    patience(1)
    assert answering._until == {}
