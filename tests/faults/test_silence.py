"""What is away is told in the log once, and once that it is back, however many people are there meanwhile."""

import time

from tests.faults.conftest import question
from tests.support.processes import until

TABS = 3
AWAY = 6
MAX_LINES = 30
"""In each process: a few sentences of ours, and what Celery says of its broker."""


def test_valkey_that_is_away_fills_no_log(quick_stack, person, reading):
    conversation = person.start(question(300, at=20))
    readers = [reading(person, conversation) for _ in range(TABS)]
    readers[-1].until_shown(20)
    before = lines(quick_stack)
    quick_stack.kill("valkey")
    ends = time.monotonic() + AWAY
    person.start(question(5))
    while time.monotonic() < ends:
        person.get("/archived/")
        time.sleep(0.5)
    quick_stack.start("valkey")
    until(lambda: "The logs of replies are read again." in quick_stack.logs["web"], 20)
    for name, count in lines(quick_stack).items():
        new = quick_stack.logs[name].splitlines()[before[name] :]
        ours = [line for line in new if " parley." in line]
        assert count - before[name] <= MAX_LINES, "\n".join(new)
        assert sorted(ours) == sorted(set(ours))


def lines(stack):
    return {name: len(stack.logs[name].splitlines()) for name in ("web", "worker")}
