"""What a message of a tab costs the server, counted."""

import pytest

from tests.consumers.conftest import connected


@pytest.fixture
def no_hop(monkeypatch):
    """Nothing leaves the event loop but what asks the database, which closes old connections itself."""

    def begin():
        async def hop():
            raise AssertionError("a hop to a thread")

        monkeypatch.setattr("channels.consumer.aclose_old_connections", hop)

    return begin


async def test_an_open_and_a_ping_stay_in_the_event_loop(owner, no_hop):
    async with connected(owner) as tab:
        no_hop()
        await tab.open()
        assert await tab.is_silent()
