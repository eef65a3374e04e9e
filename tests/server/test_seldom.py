"""What is tried again and again is said now and then."""

import logging

from parley_server.masking import PAUSE, Seldom


def record(sentence, *filled):
    return logging.LogRecord("celery", logging.ERROR, "", 0, sentence, filled, None)


def test_the_same_is_said_once_a_minute():
    now = [1000.0]
    seldom = Seldom(clock=lambda: now[0])
    assert seldom.filter(record("Cannot connect: %s", "refused"))
    assert not seldom.filter(record("Cannot connect: %s", "refused"))
    assert not seldom.filter(record("Cannot connect: %s", "no permission"))
    assert seldom.filter(record("Ready."))
    now[0] += PAUSE
    assert seldom.filter(record("Cannot connect: %s", "refused"))
    assert not seldom.filter(record("Cannot connect: %s", "refused"))
