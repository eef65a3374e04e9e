"""Who is notified, and what that costs, counted."""

import asyncio
import threading

import pytest
from channels.layers import InMemoryChannelLayer

from parley.delivery import listener, notify
from parley.delivery.listener import Listener
from parley.delivery.notify import Notifier, feed_advanced


class Layer:
    """A channel layer that keeps what is sent, and brings it to all who listen, its sender too."""

    def __init__(self):
        self.sent, self.channels = [], []

    async def new_channel(self):
        self.channels.append(asyncio.Queue())
        return len(self.channels) - 1

    async def group_add(self, group, channel):
        pass

    async def group_send(self, group, message):
        self.sent.append(message)
        for channel in self.channels:
            channel.put_nowait(message)

    async def receive(self, channel):
        return await self.channels[channel].get()


@pytest.fixture
def layer(monkeypatch):
    kept = Layer()
    for module in (listener, notify):
        monkeypatch.setattr(module, "get_channel_layer", lambda: kept)
    monkeypatch.setattr(notify, "_loop", None)
    return kept


@pytest.fixture
async def heard(layer):
    """What the watchers of a person with a tab in this process are told."""
    told, listening = [], Listener(lambda: None)
    listening.watch(7, lambda version, tab: told.append((version, tab)))
    await asyncio.sleep(0.05)
    yield told
    for duty in listening._duties:
        duty.cancel()


def advance(times):
    """As many changes of a person with a tab here, and as many of another, in a thread of requests."""
    for version in range(1, times + 1):
        feed_advanced(7, version, "a1")
        feed_advanced(8, version, "")


async def test_what_changes_at_the_same_moment_is_one_message_and_heard_here_without_it(layer, heard):
    thread = threading.Thread(target=advance, args=[10])
    thread.start()
    thread.join()
    await asyncio.sleep(0)
    assert (heard, layer.sent) == ([(version, "a1") for version in range(1, 11)], [])
    await asyncio.sleep(10 * notify.GATHER)
    assert [len(message["notifications"]) for message in layer.sent] == [20]
    assert len(heard) == 10


async def test_processes_hear_of_each_other(layer, heard):
    another = Notifier()
    for version in (1, 2):
        another.notify({"type": "feed.advanced", "owner": "7", "version": version, "tab": ""})
    async with asyncio.timeout(20):
        while len(heard) < 2:  # noqa: ASYNC110 (a watcher is a plain call)
            await asyncio.sleep(0.01)
    assert (heard, len(layer.sent)) == ([(1, ""), (2, "")], 1)


async def test_processes_hear_of_each_other_though_the_layer_has_forgotten_them(monkeypatch):
    """As those of Channels do after a day, and a server that is started again without what it held."""
    monkeypatch.setattr(listener, "JOIN_EVERY", 0.05)
    kept, told, listening = InMemoryChannelLayer(), asyncio.Event(), Listener(lambda: None)
    for module in (listener, notify):
        monkeypatch.setattr(module, "get_channel_layer", lambda: kept)
    listening.watch(7, lambda version, tab: told.set())
    await asyncio.sleep(0.05)
    kept.groups.clear()
    await asyncio.sleep(0.2)
    Notifier().notify({"type": "feed.advanced", "owner": "7", "version": 1, "tab": ""})
    try:
        await asyncio.wait_for(told.wait(), 1)
    finally:
        for duty in listening._duties:
            duty.cancel()


async def test_a_command_without_an_event_loop_is_heard(layer, heard, monkeypatch):
    monkeypatch.setattr(notify, "_loop", None)
    await asyncio.to_thread(feed_advanced, 7, 3, "")
    async with asyncio.timeout(20):
        while not heard:  # noqa: ASYNC110 (a watcher is a plain call)
            await asyncio.sleep(0.01)
    assert heard == [(3, "")]
