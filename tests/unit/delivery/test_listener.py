"""The duties of the listener end when they shall."""

import asyncio

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
