"""The duties of the listener end when they shall."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from parley.delivery import listener


class Swallowing:
    """A channel layer in which a library takes the end of a task for the end of its own waiting."""

    async def new_channel(self):
        return "here"

    async def group_add(self, group, channel):
        await self.receive(channel)

    async def receive(self, channel):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return {"owner": "1", "version": 1}


async def test_its_duties_end_though_a_library_swallows_that_they_shall(monkeypatch):
    monkeypatch.setattr(listener, "get_channel_layer", Swallowing)
    listening = listener.Listener(lambda: None)
    listening.watch(1, lambda version, tab: None)
    duties = set(listening._duties)
    await asyncio.sleep(0.2)
    for duty in duties:
        duty.cancel()
    _, going_on = await asyncio.wait(duties, timeout=2)
    assert not going_on


@pytest.fixture
async def waiting_sweep(settings, monkeypatch):
    """A sweep that has begun, and waits as it does for SQLite's lock."""
    settings.PARLEY = {**settings.PARLEY, "HEARTBEAT_INTERVAL": 0.01}
    monkeypatch.setattr(listener, "get_channel_layer", Swallowing)
    begun, over = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def sweep():
        loop.call_soon_threadsafe(begun.set)
        over.wait(20)

    listening = listener.Listener(sweep)
    listening.watch(1, lambda version, tab: None)
    await asyncio.wait_for(begun.wait(), 10)
    yield
    over.set()
    for duty in listening._duties:
        duty.cancel()


async def test_a_sweep_that_waits_holds_up_no_socket_that_reads(waiting_sweep):
    assert await asyncio.wait_for(sync_to_async(lambda: "read")(), 5) == "read"
