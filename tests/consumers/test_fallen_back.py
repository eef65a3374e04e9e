"""A server that comes back with less than it had: nothing is appended over the hole."""

import asyncio

import pytest

from parley import redis
from parley.delivery.splice import fold
from parley.delivery.stream_log import entries_since
from parley.redis import connection
from tests.consumers.test_follow import position_of, write_at_once
from tests.support.processes import until


@pytest.fixture
def server(empty_valkey):
    with empty_valkey.client() as client:
        yield client


def fall_back(server, reply, position):
    server.xdel(redis.log_key(reply.pk), position)


def break_connections(server):
    server.client_kill_filter(_type="normal", skipme=True)


def holds_back(server):
    """Whether it has a transaction that waits for the end of the pause."""
    return any("b" in client["flags"] and client["multi"] != "-1" for client in server.client_list())


async def begin(log, server, *replies):
    """Each reply is told in two entries, of which the second gets lost."""
    for reply in replies:
        log.begin(reply.pk, 1)
        await write_at_once(log, reply.pk, "The quick")
        await write_at_once(log, reply.pk, "The quick brown")
        fall_back(server, reply, await position_of(reply.pk))


def shown(reply):
    return fold([payload for _, payload in entries_since(connection(), reply.pk, (0, 0))])


async def write_at_last(log, reply, text):
    """Until it is heard → the replies that were to be told again meanwhile."""
    again, left = set(), {reply.pk}
    while reply.pk in left:
        log._logs[reply.pk].due_at = 0
        left = await log.write({reply.pk: (text, "")})
        again |= left
    return again


async def test_tells_the_whole_when_the_connection_is_a_new_one(log, reply, server):
    await begin(log, server, reply)
    break_connections(server)
    await write_at_last(log, reply, "The quick brown fox")
    assert shown(reply) == ["<p>The quick brown fox"]


async def test_sends_nothing_again_when_the_connection_breaks_meanwhile(log, reply, server):
    await begin(log, server, reply)
    server.client_pause(10_000, all=False)
    writing = asyncio.create_task(write_at_once(log, reply.pk, "The quick brown fox"))
    await asyncio.to_thread(until, lambda: holds_back(server), 2)
    break_connections(server)
    server.client_unpause()
    assert not await writing
    assert shown(reply) == ["<p>The quick"]
    await write_at_last(log, reply, "The quick brown fox")
    assert shown(reply) == ["<p>The quick brown fox"]


async def test_asks_for_the_replies_that_had_nothing_new_to_tell(log, conversation, reply, server):
    _, other = await asyncio.to_thread(conversation.ask, "And a truce?")
    await begin(log, server, reply, other)
    break_connections(server)
    assert other.pk in await write_at_last(log, reply, "The quick brown fox")
    await write_at_last(log, other, "The quick brown")
    assert shown(other) == ["<p>The quick brown"]
