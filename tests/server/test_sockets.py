import pytest

from parley_server.sockets import signed_in


@pytest.mark.django_db(transaction=True)
async def test_a_socket_has_its_session_and_sends_to_the_server_itself():
    given = []

    async def application(scope, receive, send):
        given.append((scope["session"].session_key, scope["user"].is_authenticated, receive, send))

    async def receive():
        """Bring nothing."""

    async def send(message):
        """Take anything."""

    await signed_in(application)({"type": "websocket", "headers": []}, receive, send)
    assert given == [(None, False, receive, send)]
