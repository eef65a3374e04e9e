"""Whatever is killed and restarted, every question ends with exactly one answer or one visible failure."""

import os
import random
import threading
import time
import uuid

import httpx2
import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import assert_agree, question, until_settled
from tests.support.dom import SETTLED

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", random.randrange(2**32)))
PEOPLE = 5


class Sender(threading.Thread):
    """Somebody who goes on asking, whatever the product says."""

    def __init__(self, person, conversation, seed):
        super().__init__(name="sender", daemon=True)
        self.person, self.conversation = person, conversation
        self.dice = random.Random(seed)
        self.ending = threading.Event()
        self.accepted: list[str] = []
        self.refused = 0

    def run(self):
        while not self.ending.wait(self.dice.uniform(0.5, 3)):
            asked = question(self.dice.randint(5, 80), at=20, after=self.dice.choice([0, 0, 1]))
            try:
                self.ask(asked)
            except httpx2.HTTPError:
                self.refused += 1

    def ask(self, asked):
        response = self.person.post(f"/c/{self.conversation}/messages/", turbo=True, text=asked)
        if response.status_code == 200:
            self.accepted.append(asked)
        else:
            assert response.status_code >= 500
            self.refused += 1


@pytest.mark.timeout(480)
def test_every_question_ends_once(quick_stack, reading):
    print(f"CHAOS_SEED={SEED} CHAOS_ROUNDS={ROUNDS}")
    dice = random.Random(SEED)
    people = [quick_stack.person() for _ in range(PEOPLE)]
    senders = [Sender(person, person.start(question(10)), dice.random()) for person in people]
    readers = [reading(sender.person, sender.conversation) for sender in senders]
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        kill_and_restart(quick_stack, dice)
        time.sleep(dice.uniform(0.2, 1.5))
    for sender in senders:
        sender.ending.set()
        sender.join(40)
    for sender, reader in zip(senders, readers, strict=True):
        assert_ended_once(quick_stack, sender)
        assert_agree(quick_stack, sender.conversation, sender.person, reader, within=5)
    assert sum(len(sender.accepted) for sender in senders) > ROUNDS


def kill_and_restart(stack, dice):
    """Kill one or two processes, and start them again as a supervisor does: at once, without waiting for each other."""
    names = dice.sample(["worker", "web", "valkey"], dice.choice([1, 1, 2]))
    for name in names:
        stack.kill(name)
    time.sleep(dice.uniform(0.1, 1.0))
    for name in names:
        stack.processes[name].start()
    if "web" in names:
        stack.wait_for_web()


def assert_ended_once(stack, sender):
    until_settled(stack, sender.conversation, 150)
    rows = stack.db.messages(sender.conversation)
    asked = {uuid.UUID(str(row["id"])): row["content"] for row in rows if row["role"] == "user"}
    replies = [row for row in rows if row["role"] == "assistant"]
    assert sorted(uuid.UUID(str(row["parent_id"])) for row in replies) == sorted(asked)
    assert set(sender.accepted) <= set(asked.values())
    for row in replies:
        whole = expected_text(asked[uuid.UUID(str(row["parent_id"]))])
        assert row["status"] in SETTLED
        assert row["content"] == whole if row["status"] == "done" else whole.startswith(row["content"])


def test_a_good_answer_follows_the_chaos(quick_stack, person, reading):
    asked = question(20)
    conversation = person.start(asked)
    reader = reading(person, conversation)
    assert until_settled(quick_stack, conversation, 60)["status"] == "done"
    assert_agree(quick_stack, conversation, person, reader)
