"""Trouble is told once when it begins and once when it ends."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.outages import Outage, Outages

logger = logging.getLogger(__name__)


@pytest.fixture
def outage():
    return Outage(logger, "The server is away (%s).", "The server is back.")


def test_is_told_once_however_often_it_is_tried(outage, caplog):
    for _ in range(100):
        outage.began(OSError("refused"))
    for _ in range(3):
        outage.ended()
    assert caplog.messages == ["The server is away (refused).", "The server is back."]


def test_says_nothing_while_all_is_well(outage, caplog):
    outage.ended()
    assert caplog.messages == []


def test_is_told_again_the_next_time(outage, caplog):
    for _ in range(2):
        outage.began(OSError("refused"))
        outage.ended()
    assert len(caplog.messages) == 4


def test_is_told_once_by_many_threads(outage, caplog):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(outage.began, [OSError("refused")] * 100))
    assert caplog.messages == ["The server is away (refused)."]


def test_each_duty_has_its_own(caplog):
    outages = Outages(logger)
    for name in ("beat", "sweep", "beat"):
        outages[name].began(OSError("refused"))
    outages["beat"].ended()
    assert caplog.messages == ["beat: refused; trying again.", "sweep: refused; trying again.", "beat: goes on."]
