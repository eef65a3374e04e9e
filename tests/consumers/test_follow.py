"""Following a reply: whoever knows a position gets everything after it, once and in order."""

import asyncio

import pytest

from parley import redis
from parley.delivery.splice import fold
from parley.ids import uuid7
from parley.markdown import render, wire
from parley.redis import async_connection
from tests.consumers.conftest import connected

WORDS = "The **quick** fox\n\n- jumps\n- over 😀 the\n\n```\nlazy dog\n```\n\nAnd sleeps."


@pytest.fixture
async def steps(log, reply):
    """Write the words one character at a time: an asynchronous generator of the positions reached."""
    log.begin(reply.pk, 1)

    async def write():
        for end in range(1, len(WORDS) + 1):
            assert await write_at_once(log, reply.pk, WORDS[:end])
            yield await position_of(reply.pk)

    return write


async def position_of(reply_id):
    """The id of the last entry of a log."""
    connection = async_connection()
    [(position, _)] = await connection.xrevrange(redis.log_key(reply_id), count=1)
    await connection.aclose()
    return position.decode()


async def write_at_once(log, reply_id, text):
    """Write without the rest that a rendering earns."""
    log._logs[reply_id].due_at = 0
    return await log.write({reply_id: (text, "")}) == set()


async def frames_until(tab, position):
    frames = [await tab.receive()]
    while frames[-1][1] != position:
        frames.append(await tab.receive())
    return frames


def shown(frames):
    return fold([frame[2:] for frame in frames])


WHOLE = [wire(html) for html in render(WORDS)]


async def test_catches_up_from_the_beginning(owner, reply, steps):
    last = [position async for position in steps()][-1]
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        frames = await frames_until(tab, last)
        assert frames[0][2] is None
        assert shown(frames) == WHOLE


async def test_follows_from_the_middle(owner, reply, steps):
    writing = steps()
    for _ in range(20):
        await anext(writing)
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        last = [position async for position in writing][-1]
        assert shown(await frames_until(tab, last)) == WHOLE


async def test_goes_on_from_a_position(owner, reply, steps):
    last = [position async for position in steps()][-1]
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        frames = await frames_until(tab, last)
    for cut in (1, len(frames) // 2, len(frames) - 1):
        async with connected(owner) as tab:
            await tab.follow(reply.pk, position=frames[cut - 1][1])
            rest = await frames_until(tab, last)
            assert rest == frames[cut:]


async def test_brings_each_follower_each_entry_once(owner, reply, steps):
    async with connected(owner) as first, connected(owner) as second:
        await first.follow(reply.pk, handle=7)
        last = [position async for position in steps()][-1]
        await second.follow(reply.pk, handle=8)
        for tab, handle in ((first, 7), (second, 8)):
            frames = await frames_until(tab, last)
            assert {frame[0] for frame in frames} == {handle}
            assert [frame[1] for frame in frames] == [f"1-{number}" for number in range(1, len(frames) + 1)]


async def test_says_the_attempt_once(owner, reply, log):
    log.begin(reply.pk, 1)
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        for text, sent in (("One", [1, "1-1", None, "<p>One"]), ("One, two", [1, 2, ", two"])):
            await write_at_once(log, reply.pk, text)
            assert await tab.receive_as_sent() == sent
        await tab.follow(reply.pk, position="1-1")
        assert await tab.receive_as_sent() == [1, "1-2", ", two"]
        log.begin(reply.pk, 2)
        await write_at_once(log, reply.pk, "Another")
        assert await tab.receive_as_sent() == [1, "2-1", None, "<p>Another"]


async def test_is_not_told_again_what_it_has_while_others_end(owner, reply, log):
    others = [uuid7() for _ in range(20)]
    for reply_id in (reply.pk, *others):
        log.begin(reply_id, 1)
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        for number, other in enumerate(others):
            await asyncio.gather(write_at_once(log, reply.pk, "a " * number + "b"), log.end({other: None}))
        frames = await frames_until(tab, "1-20")
    assert [frame[1] for frame in frames if frame[2] is None] == ["1-1"]


async def test_begins_a_new_attempt_with_the_whole(owner, reply, log):
    log.begin(reply.pk, 1)
    await write_at_once(log, reply.pk, "The first attempt")
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        await tab.receive()
        log.begin(reply.pk, 2)
        await write_at_once(log, reply.pk, "Another")
        assert await tab.receive() == [1, "2-1", None, "<p>Another"]


async def test_fences_off_a_worker_that_was_thought_dead(owner, reply, log):
    log.begin(reply.pk, 2)
    await write_at_once(log, reply.pk, "New")
    log.begin(reply.pk, 1)
    await write_at_once(log, reply.pk, "Old")
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        assert (await tab.receive())[2:] == [None, "<p>New"]
        assert await tab.is_silent()


async def test_is_quiet_after_unfollow(owner, reply, log):
    log.begin(reply.pk, 1)
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        await write_at_once(log, reply.pk, "Hello")
        await tab.receive()
        await tab.send(do="unfollow", as_=1)
        assert await tab.is_silent()
        await write_at_once(log, reply.pk, "Hello there")
        assert await tab.is_silent()


async def test_tells_the_end_of_a_reply_by_its_row(owner, conversation, reply, log):
    log.begin(reply.pk, 1)
    await write_at_once(log, reply.pk, "Hello")
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        await tab.follow(reply.pk)
        await tab.receive()
        reply.status, reply.content = "done", "Hello there"
        await reply.asave()
        await log.end({reply.pk: None})
        stream = (await tab.receive())["stream"]
        assert 'data-status="done"' in stream
        assert "Hello there" in stream


async def test_costs_few_bytes_a_character(owner, reply, log):
    text = " ".join(f"word{number}" for number in range(500))
    log.begin(reply.pk, 1)
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        count = 0
        for end in range(8, len(text) + 8, 8):
            await write_at_once(log, reply.pk, text[:end])
            count += 1
        frames = [await tab.receive() for _ in range(count)]
        assert shown(frames) == [wire(html) for html in render(text)]
        assert sum(len(str(frame)) for frame in frames) < 5 * len(text)
