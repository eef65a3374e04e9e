"""A TCP proxy that delays, freezes, cuts and refuses, between two processes of the product."""

import asyncio
import random
import threading
from contextlib import suppress


class Proxy:
    """Forwards to a port of this machine; a context manager.

    `delay`: seconds that every piece of data takes longer; `drops`: the share of pieces at which the connection breaks.
    """

    def __init__(self, target: int, *, seed: int = 0) -> None:
        self.target = target
        self.delay = self.drops = 0.0
        self.refusing = False
        self.dice = random.Random(seed)
        self.open: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> "Proxy":
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def listen(self) -> None:
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.server.close()
        self.abort_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    # What a test does

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Swallow everything until the thaw, as a lost network does."""
        self.loop.call_soon_threadsafe(self.flowing.clear)

    def thaw(self) -> None:
        self.loop.call_soon_threadsafe(self.flowing.set)

    def cut(self) -> None:
        """Reset every connection."""
        self.loop.call_soon_threadsafe(self.abort_all)

    def refuse(self) -> None:
        """Reset every connection, also those that come until `accept_again`."""
        self.refusing = True
        self.cut()

    def accept_again(self) -> None:
        self.refusing = False

    # One connection

    def abort_all(self) -> None:
        for writer in list(self.open):
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if self.refusing:
                writer.transport.abort()
                return
            await self.flowing.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self.open |= {writer, far_writer}
            pumps = (self.pump(reader, far_writer), self.pump(far_reader, writer))
            await asyncio.wait([asyncio.ensure_future(pump) for pump in pumps], return_when=asyncio.FIRST_COMPLETED)
            for end in (writer, far_writer):
                end.transport.abort()
                self.open.discard(end)

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self.flowing.wait()
                if self.dice.random() < self.drops:
                    return
                sink.write(data)
                await sink.drain()
