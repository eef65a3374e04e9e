"""A long import holds nobody up: the database is free for others between its portions."""

import json
import time

import pytest

from tests.faults.conftest import question, until_settled
from tests.support.processes import until
from tests.support.transfers import MOMENT, send_import, settled, transfer_of

pytestmark = pytest.mark.alone
MANY = 60_000
PROMPT = 2.0
"""Seconds until another person's question is taken."""


def long_conversation() -> str:
    """A few megabytes, as one JSON document."""
    text = {"status": "done", "created_at": MOMENT}
    messages = [
        {**text, "id": str(number), "parent": str(number - 1) if number else None, "role": role, "content": f"{number}"}
        for number, role in ((number, "assistant" if number % 2 else "user") for number in range(MANY))
    ]
    facts = {"id": "long", "title": "Long", "created_at": MOMENT, "messages": messages}
    return json.dumps({"format": "parley", "version": 1, "conversation": facts})


def written(stack):
    return stack.db.one("SELECT count(*) AS n FROM parley_message")["n"]


@pytest.mark.timeout(300)
def test_others_are_answered_while_an_import_writes_one_long_conversation(quick_stack, person):
    importer = quick_stack.person()
    before = written(quick_stack)
    send_import(importer, long_conversation(), "long.json")
    until(lambda: written(quick_stack) > before, 60, "The import does not begin")
    taken = []
    for _ in range(5):
        begun = time.monotonic()
        conversation = person.start(question(5, at=100))
        taken.append(time.monotonic() - begun)
        assert until_settled(quick_stack, conversation, 20)["status"] == "done"
    assert transfer_of(importer)["status"] == "running", "The import was over too soon to tell."
    assert max(taken) < PROMPT, taken
    transfer = settled(importer, 200)
    assert (transfer["status"], transfer["deaths"]) == ("done", 0)
    assert written(quick_stack) >= before + MANY
