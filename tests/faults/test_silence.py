"""What is away is told in the log once, and once that it is back, however many people are there meanwhile."""

import time
from contextlib import ExitStack

from tests.faults.conftest import question
from tests.support.processes import until

TABS = 10
AWAY = 8
MOST_LINES = 30
"""In each process: a few sentences of ours, and what Celery says of its broker."""


def test_valkey_that_is_away_fills_no_log(quick_stack, person):
    conversation = person.start(question(400, at=20))
    reply = str(quick_stack.db.reply(conversation)["id"])
    with ExitStack() as tabs:
        for _ in range(TABS):
            tab = tabs.enter_context(person.socket(ping_interval=None))
            tab.open(conversation)
            tab.follow(reply)
        before = lines(quick_stack)
        quick_stack.kill("valkey")
        ends = time.monotonic() + AWAY
        while time.monotonic() < ends:
            person.ask(conversation, question(5))
            person.get("/")
        quick_stack.start("valkey")
        until(lambda: "The logs of replies are read again." in quick_stack.logs["web"], 20)
    for name, count in lines(quick_stack).items():
        new = quick_stack.logs[name].splitlines()[before[name] :]
        assert count - before[name] <= MOST_LINES, "\n".join(new)
        assert len([line for line in new if " parley" in line]) == len({line for line in new if " parley" in line})


def lines(stack):
    return {name: len(stack.logs[name].splitlines()) for name in ("web", "worker")}
