"""Connections that are left alone stay open, and still receive."""

import time
from contextlib import ExitStack

import pytest

from tests.fake_provider import expected_text
from tests.support.frames import is_end

pytestmark = pytest.mark.slow

CONNECTIONS = 10
SECONDS = 60
QUESTION = "/say 9 words"


@pytest.fixture
def stack(make_stack):
    """A product that looks at the feeds too seldom to hide a notification that was not heard."""
    stack = make_stack(conf={"FEED_POLL_INTERVAL": 600})
    yield stack
    stack.down()


def test_ten_idle_sockets_still_receive_after_a_minute(stack):
    people = [stack.person() for _ in range(2)]
    conversations = [person.start("hello") for person in people]
    for person, conversation in zip(people, conversations, strict=True):
        person.settled(conversation)
    with ExitStack() as exits:
        sockets = [exits.enter_context(people[number % 2].socket(ping_interval=None)) for number in range(CONNECTIONS)]
        for number, socket in enumerate(sockets):
            socket.open(conversations[number % 2])
            socket.until(lambda message: "version" in message)
        time.sleep(SECONDS)
        for person, conversation in zip(people, conversations, strict=True):
            person.ask(conversation, QUESTION)
        replies = [list(person.page(conversations[number]).messages)[-1] for number, person in enumerate(people)]
        for number, socket in enumerate(sockets):
            assert_receives(socket, replies[number % 2])


def assert_receives(socket, reply):
    """The notification of the question, the text of the reply, and its end, which may come with the notification."""
    socket.until(lambda message: f"message_{reply}" in str(message))
    socket.follow(reply)
    socket.until(lambda message: isinstance(message, list) and message[0] == 1)
    if not any(map(has_the_end, socket.messages)):
        socket.until(has_the_end)


def has_the_end(message):
    stream = message["stream"] if isinstance(message, dict) else ""
    return is_end(message) or (expected_text(QUESTION) in stream and 'data-status="streaming"' not in stream)
