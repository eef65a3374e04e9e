"""What the reader of all logs asks of the server, counted."""

import asyncio

import pytest

from parley.delivery import hub
from parley.delivery.hub import Follower, Hub
from parley.ids import uuid7
from parley.redis import log_key, wake_key
from tests.unit.delivery.fake_redis import FakeRedis


class Counting(FakeRedis):
    readings = 0

    async def xread(self, *args, **kwargs):
        self.readings += 1
        return await super().xread(*args, **kwargs)


@pytest.fixture
def redis(monkeypatch):
    server = Counting()
    monkeypatch.setattr(hub, "async_connection", lambda **kwargs: server)
    monkeypatch.setattr(hub, "PAUSE_EACH", 1)
    monkeypatch.setattr(hub, "LONGEST_PAUSE", 0.3)
    return server


async def begin(following, got, number):
    """Follow so many logs, one after the other."""
    replies = [uuid7() for _ in range(number)]
    for reply in replies:
        following.follow(Follower(reply, (0, 0), lambda position, _, reply=reply: got.append((reply, position))))
        for _ in range(5):
            await asyncio.sleep(0)
    return replies


async def reached(got, number):
    async with asyncio.timeout(20):
        while len(got) < number:  # noqa: ASYNC110 (a delivery is a plain call)
            await asyncio.sleep(0.01)


async def test_a_hundred_who_come_at_the_same_moment_cost_two_readings_and_miss_nothing(redis):
    following, got = Hub(), []
    replies = await begin(following, got, 1)
    replies += await begin(following, got, 100)
    for reply in replies:
        redis.xadd(log_key(reply), {"f": b"[null]"}, id="1-1")
    await reached(got, len(replies))
    assert sorted(got) == sorted((reply, "1-1") for reply in replies)
    assert redis.readings <= 3
    assert len(redis.streams.get(wake_key(following._id), ())) <= 1
    following._tail.cancel()


async def test_a_second_tab_of_the_same_reply_ends_no_wait(redis):
    following, got = Hub(), []
    [reply] = await begin(following, got, 1)
    following.follow(Follower(reply, (0, 0), lambda *entry: got.append(entry)))
    await asyncio.sleep(0.4)
    redis.xadd(log_key(reply), {"f": b"[null]"}, id="1-1")
    await reached(got, 2)
    assert wake_key(following._id) not in redis.streams
    following._tail.cancel()
