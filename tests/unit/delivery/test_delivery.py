"""From the text in a worker to the blocks in a page: the real writer and hub, on a server that may fail."""

import asyncio
from collections import deque
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley import markdown
from parley.delivery import hub, stream_log
from parley.delivery.hub import Follower, Hub
from parley.delivery.splice import Splicer, fold_both
from parley.delivery.stream_log import LogWriter
from parley.ids import uuid7
from parley.models import Message
from parley.positions import parse_position
from parley.redis import log_key
from tests.unit.delivery.fake_redis import FakeRedis
from tests.unit.texts import MARKDOWN

REPLY = uuid7()
END = "\n\nThe end."
"""What was forgotten is told again with the next change."""

NUMBERS = st.integers(0, 5)
EVENTS = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 40)),
    st.tuples(st.just("write"), st.integers(1, 40)),
    st.tuples(st.just("receive"), NUMBERS),
    st.tuples(st.sampled_from(["reconnect", "catch up", "join", "cut"]), NUMBERS),
    st.tuples(st.sampled_from(["refused", "unheard", "fallen back", "server falls back"]), NUMBERS),
    st.tuples(st.sampled_from(["server forgets", "worker dies", "zombie writes"]), NUMBERS),
)


class Reader:
    """A page: it takes a frame that is later than its last one, whichever connection brings it."""

    def __init__(self):
        self.position, self.payloads, self.connections = "0", [], []

    @property
    def shown(self):
        """(blocks of the answer, blocks of the reasoning)"""
        return fold_both(self.payloads)

    def follow(self, followed):
        frames = deque()
        follower = Follower(REPLY, parse_position(self.position), lambda *frame: frames.append(frame))
        self.connections.append((follower, frames))
        followed.follow(follower)

    def cut(self, followed, number):
        """Lose a connection, and all frames on their way."""
        if self.connections:
            follower, _ = self.connections.pop(number % len(self.connections))
            followed.unfollow(follower)

    def receive(self, number):
        waiting = [frames for _, frames in self.connections if frames]
        if waiting:
            self.take(*waiting[number % len(waiting)].popleft())

    def receive_all(self):
        while any(frames for _, frames in self.connections):
            self.receive(0)

    def take(self, position, payload):
        if parse_position(position) > parse_position(self.position):
            self.position = position
            if isinstance(payload, bytes):
                self.payloads.append(orjson.loads(payload))


class World:
    """One reply, the worker that writes it, and the pages that show it."""

    def __init__(self, text, reasoning, redis):
        self.text, self.reasoning, self.redis, self.hub = text, reasoning, redis, Hub()
        self.readers, self.attempt, self.written, self.lost = [Reader()], 0, 0, False
        self.zombies, self.sent = [], {}
        self.begin()

    def begin(self):
        self.attempt += 1
        self.writer = LogWriter(self.redis)
        self.writer.begin(REPLY, self.attempt)

    async def write(self, writer, text):
        """What a page must show at a position is noted down."""
        again = await writer.write({REPLY: (text, self.reasoning[: self.written])})
        written = writer._logs[REPLY]
        self.sent[f"{written.attempt}-{written.seq}"] = list(written.answer.blocks), list(written.reasoning.blocks)
        return again

    def check(self):
        for reader in self.readers:
            assert reader.shown == self.sent.get(reader.position, reader.shown)

    def reader(self, number):
        return self.readers[number % len(self.readers)]

    async def happen(self, event, number):
        match event:
            case "write":
                self.written = min(len(self.text), self.written + number)
                await self.write(self.writer, self.text[: self.written])
            case "receive":
                self.reader(number).receive(number)
            case "reconnect":
                self.reader(number).cut(self.hub, number)
                self.reader(number).follow(self.hub)
            case "catch up":
                self.reader(number).follow(self.hub)
            case "join":
                self.readers.append(Reader())
                self.readers[-1].follow(self.hub)
            case "cut":
                self.reader(number).cut(self.hub, number)
            case "refused" | "unheard" | "fallen back":
                self.redis.trouble = event
            case "server falls back":
                self.redis.forget_last(number)
            case "server forgets" if not self.zombies:
                self.redis.forget_everything()
                self.lost = True
            case "worker dies" if not self.lost:
                self.zombies.append(self.writer)
                self.begin()
            case "zombie writes" if self.zombies:
                await self.write(
                    self.zombies[number % len(self.zombies)], f"{self.text[: self.written]} zombie {number}"
                )
        await asyncio.sleep(0)
        self.check()

    @property
    def settled(self):
        row = Message(status="done", version=7, model="a-model", reasoning=self.reasoning)
        row.blocks = markdown.render(self.text + END)
        return row

    async def end(self, *, ends):
        self.redis.trouble, self.written = "", len(self.reasoning)
        while await self.write(self.writer, self.text + END):
            pass
        await self.writer.end({REPLY: self.settled} if ends else {})
        for reader in self.readers:
            reader.follow(self.hub)
        for _ in range(20):
            await asyncio.sleep(0)
            for reader in self.readers:
                reader.receive_all()
        self.hub._tail.cancel()


async def live(text, reasoning, events, *, ends=False):
    redis = FakeRedis()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_log, "time", SimpleNamespace(monotonic=lambda: 0.0))
        patch.setattr(hub, "async_connection", lambda **kwargs: redis)
        patch.setattr(hub, "PAUSE_EACH", 0)
        world = World(text, reasoning, redis)
        for event in events:
            await world.happen(*event)
        await world.end(ends=ends)
    return world


def blocks_of(text, *parse):
    splicer = Splicer(*parse)
    splicer.advance(text)
    return splicer.blocks


@settings(max_examples=200)
@example("word", "thought\n\n\n", [("write", 9)])
@given(MARKDOWN.filter(lambda text: "]:" not in text), MARKDOWN, st.lists(EVENTS, max_size=60))
def test_ends_in_the_blocks_of_the_text_on_every_page(text, reasoning, events):
    world = asyncio.run(live(text, reasoning, events))
    whole = blocks_of(text + END), blocks_of(reasoning, markdown.parse_open_plain)
    assert [reader.shown for reader in world.readers] == [whole] * len(world.readers)
    assert whole[1] == list(map(markdown.wire, markdown.render_plain(reasoning)))


@settings(max_examples=100)
@given(MARKDOWN, st.lists(EVENTS, max_size=60))
def test_ends_in_the_blocks_of_the_row_on_every_page(text, events):
    world = asyncio.run(live(text, "", events, ends=True))
    row = list(map(markdown.wire, world.settled.blocks))
    assert [reader.shown for reader in world.readers] == [(row, [])] * len(world.readers)


async def test_tells_the_others_when_a_reply_ends_while_the_writer_connects():
    redis, other = FakeRedis(), uuid7()
    writer = LogWriter(redis)
    for reply in (REPLY, other):
        writer.begin(reply, 1)
    await asyncio.gather(writer.write({REPLY: ("Hello", ""), other: ("Hello", "")}), writer.end({REPLY: None}))
    [(position, entry)] = redis.streams[log_key(other)]
    assert (position, orjson.loads(entry[b"f"])) == ((1, 1), [None, "<p>Hello"])


async def test_replies_that_end_together_are_told_in_one_round_trip():
    redis, replies = FakeRedis(), [uuid7() for _ in range(3)]
    writer = LogWriter(redis)
    for reply in replies:
        writer.begin(reply, 1)
    await writer.write(dict.fromkeys(replies, ("Hello", "")))
    before = redis.round_trips
    await writer.end(dict.fromkeys(replies, Message(status="failed", version=7)))
    assert redis.round_trips == before + 1
    assert all(redis.streams[log_key(reply)][-1] == ((1, 2), {b"end": b"7"}) for reply in replies)
