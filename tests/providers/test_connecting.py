"""A provider whose machine takes no connection, and refuses none either."""

import socket
from contextlib import ExitStack

import pytest

LONGEST = 30
"""Far more than three short tries, far less than the silence that is allowed once there is a connection."""


@pytest.fixture
def full():
    """The address of a socket that listens, with so many waiting that the next one gets no answer."""
    with ExitStack() as opened, socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        with pytest.raises(TimeoutError):
            for _ in range(20):
                opened.enter_context(socket.create_connection(address, timeout=0.5))
        yield f"http://127.0.0.1:{address[1]}/v1"


@pytest.mark.slow
def test_gives_up_a_provider_that_cannot_be_connected_to(make_stack, full):
    stack = make_stack(conf={"CONNECT_TIMEOUT": 0.5, "IDLE_TIMEOUT": 300}, env={"OPENAI_BASE_URL": full})
    try:
        person = stack.person()
        conversation = person.start("Is anybody there?")
        reply = person.settled(conversation, LONGEST)
        assert (reply["status"], reply["error"]) == ("failed", "timeout")
        assert person.page(conversation).reply["retry"]
    finally:
        stack.down()
