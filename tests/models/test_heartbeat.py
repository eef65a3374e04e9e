"""The heartbeat of a worker, in a thread and on a connection of its own."""

import pytest

from parley.generation import heartbeat
from parley.generation.heartbeat import Heartbeat
from parley.ids import uuid7
from parley.models import Worker
from tests.support.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beating(settings):
    settings.PARLEY = {**settings.PARLEY, "HEARTBEAT_INTERVAL": 0.05}
    beating = Heartbeat(uuid7())
    yield beating
    beating.end()


def heartbeat_at(beating):
    return Worker.objects.filter(pk=beating._worker_id).values_list("heartbeat_at", flat=True).first()


def changes(beating):
    before = heartbeat_at(beating)
    until(lambda: heartbeat_at(beating) not in (None, before), 10, "It does not beat")
    return True


@pytest.mark.thorough
def test_beats_until_its_end(beating):
    assert changes(beating)
    assert changes(beating)
    beating.end()
    last = heartbeat_at(beating)
    assert not beating._thread.is_alive()
    assert heartbeat_at(beating) == last


@pytest.mark.thorough
def test_beats_again_when_its_row_was_deleted(beating):
    assert changes(beating)
    Worker.objects.all().delete()
    assert changes(beating)


def test_does_not_say_that_a_process_lives_whose_event_loop_stands_still(beating, monkeypatch):
    assert changes(beating)
    monkeypatch.setattr(heartbeat, "LONGEST_TURN", -1)
    until(lambda: not beating._turns())
    seen = set()
    for _ in range(5):
        seen.add(heartbeat_at(beating))
        beating._over.wait(0.1)
    assert len(seen) <= 2
    monkeypatch.setattr(heartbeat, "LONGEST_TURN", 60.0)
    assert changes(beating)
