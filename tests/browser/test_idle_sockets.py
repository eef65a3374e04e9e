"""Connections that are left alone stay open, and still receive."""

import time
from contextlib import ExitStack

import pytest

from tests.fake_provider import expected_text

pytestmark = pytest.mark.slow

CONNECTIONS = 10
SECONDS = 60


def test_ten_idle_sockets_still_receive_after_a_minute(stack):
    people = [stack.person() for _ in range(2)]
    conversations = [person.start("hello") for person in people]
    for person, conversation in zip(people, conversations, strict=True):
        person.settled(conversation)
    with ExitStack() as exits:
        sockets = [exits.enter_context(people[number % 2].socket()) for number in range(CONNECTIONS)]
        for number, socket in enumerate(sockets):
            socket.open(conversations[number % 2])
            socket.until(lambda message: "version" in message)
        time.sleep(SECONDS)
        for person, conversation in zip(people, conversations, strict=True):
            person.ask(conversation, "/say 9 words")
        for socket in sockets:
            end = socket.until(lambda message: expected_text("/say 9 words") in str(message) and "done" in str(message))
            assert 'data-status="done"' in end["stream"]
