"""What a message of a tab costs the server, counted."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async

from parley.delivery.feed import changes_since
from parley.models import Feed
from tests.consumers.conftest import connected, cookies_of

TABS = 20


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


async def test_many_tabs_that_follow_at_the_same_moment_cost_few_queries(owner, stranger, reply, log, queries):
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    cookies = await sync_to_async(cookies_of)(owner)
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(connected(cookies=cookies)) for _ in range(TABS)]
        other = await stack.enter_async_context(connected(stranger))
        queries.clear()
        await asyncio.gather(*(tab.follow(reply.pk) for tab in (*tabs, other)))
        assert [await tab.receive() for tab in tabs] == [[1, "1-1", None, "<p>Hello"]] * TABS
        assert await other.is_silent()
    looked_up = [sql for sql in queries if "parley_message" in sql and '"owner_id" IN (' in sql]
    assert 0 < len(looked_up) <= 3


async def test_a_frame_after_a_fresh_check_of_the_rights_waits_for_nothing(owner, reply, log, monkeypatch):
    async def confirm(self, badge):
        raise AssertionError("a check for one frame")

    monkeypatch.setattr("parley.delivery.rights.Rights.confirm", confirm)
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        assert await tab.receive() == [1, "1-1", None, "<p>Hello"]


@sync_to_async
def streams_of(owner, reply):
    reply.status = "done"
    reply.save(update_fields=["status"])
    return changes_since(owner, reply.conversation_id, Feed.version_of(owner) - 1)[1]


async def test_a_settled_reply_is_told_without_reading_its_conversation(owner, reply, queries):
    assert f'data-message="{reply.pk}"' in await streams_of(owner, reply)
    read = [sql for sql in queries if sql.lstrip().startswith("SELECT")][-3:]
    assert "EXISTS" in read[0]
    assert not [sql for sql in read if '"parley_conversation"."title"' in sql]
