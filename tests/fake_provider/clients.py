"""The provider as tests hold it: in a thread of the test, or in a process of its own."""

import asyncio
import json
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable

from tests.fake_provider.requests import Log, Received
from tests.fake_provider.server import listen


class Provider(ABC):
    """A running fake provider."""

    url: str

    @property
    def base_url(self) -> str:
        """Return what OPENAI_BASE_URL is set to."""
        return f"{self.url}/v1"

    @property
    @abstractmethod
    def requests(self) -> list[Received]:
        """Return everything received since the start or the last clear."""

    @abstractmethod
    def clear(self) -> None: ...

    @property
    def completions(self) -> list[Received]:
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def asked(self, question: str) -> list[Received]:
        """Return the requests whose last message is this question, or ends with it after others without an answer."""
        return [request for request in self.completions if f"\n\n{request.question}".endswith(f"\n\n{question}")]

    def wait_for(self, true: Callable[[list[Received]], bool], seconds: float = 10) -> list[Received]:
        """Wait until something holds for the completions, and return them."""
        limit = time.monotonic() + seconds
        while not true(completions := self.completions):
            if time.monotonic() > limit:
                raise TimeoutError(f"The provider did not get there; it received {completions}")
            time.sleep(0.02)
        return completions


class RemoteProvider(Provider):
    """A provider in another process, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def requests(self) -> list[Received]:
        with urllib.request.urlopen(f"{self.url}/_requests", timeout=10) as response:
            return [Received(**fields) for fields in json.load(response)]

    def clear(self) -> None:
        request = urllib.request.Request(f"{self.url}/_requests", method="DELETE")
        urllib.request.urlopen(request, timeout=10).close()


class ThreadProvider(Provider):
    """A provider in a thread of this process; a context manager."""

    def __init__(self) -> None:
        self.log = Log()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fake-provider", daemon=True)

    def __enter__(self) -> "ThreadProvider":
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(listen(self.log), self.loop).result(10)
        port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def close(self) -> None:
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @property
    def requests(self) -> list[Received]:
        return list(self.log.requests)

    def clear(self) -> None:
        self.log.clear()
