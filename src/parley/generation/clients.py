"""Connections to a provider: the way to it, what proves who asks, and how much of a refusal is read."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from typing import Any

import httpx2
import openai

from parley.conf import conf

from .addresses import Address, read

CONNECTION_LIMITS = httpx2.Limits(max_connections=0, max_keepalive_connections=100)
"""No limit: with None the SDK's aiohttp transport falls back to aiohttp's own, 100 at once."""
LARGEST_REFUSAL = 32_768
"""Bytes, as they travel; what is longer is no sentence."""


@lru_cache(maxsize=8)
def asking(base_url: str, api_key: str) -> openai.AsyncOpenAI:
    """The client that asks questions. Raises ValueError for a base URL that is none."""
    address = read(base_url)
    http = openai.DefaultAioHttpClient(
        limits=CONNECTION_LIMITS,
        timeout=httpx2.Timeout(None, connect=conf.CONNECT_TIMEOUT),
        follow_redirects=False,
        event_hooks={"response": [_shorten]},
        **_way_to(address),
    )
    return openai.AsyncOpenAI(**_who_asks(address, api_key), http_client=http)


def listing(base_url: str, api_key: str, timeout: float) -> openai.OpenAI:
    """The client that asks for the models, with a time-out in seconds. Raises ValueError for a base URL that is none."""
    address = read(base_url)
    http = openai.DefaultHttpxClient(
        follow_redirects=False, event_hooks={"response": [_shorten_at_once]}, **_way_to(address)
    )
    return openai.OpenAI(**_who_asks(address, api_key), timeout=timeout, http_client=http)


def _way_to(address: Address) -> dict[str, Any]:
    """Through the proxies of the environment, but never to this very machine; its certificates hold for both."""
    return {"trust_env": False, "verify": httpx2.create_ssl_context()} if address.local else {}


def _who_asks(address: Address, api_key: str) -> dict[str, Any]:
    login = b64encode(address.login.encode()).decode()
    headers = {"Authorization": f"Basic {login}"} if login else {}
    if api_key and any(name == "api-version" for name, _ in address.query):
        headers["api-key"] = api_key  # Azure takes keys in no other header there
    return {
        "base_url": address.url, "default_query": dict(address.query), "default_headers": headers,
        "api_key": api_key or "none", "max_retries": 0,
    }  # fmt: skip


async def _shorten(response: httpx2.Response) -> None:
    if response.status_code >= 300:
        response.stream = _Beginning(response.stream)


def _shorten_at_once(response: httpx2.Response) -> None:
    if response.status_code >= 300:
        response.stream = _Beginning(response.stream)


class _Beginning(httpx2.AsyncByteStream, httpx2.SyncByteStream):
    """The first bytes of a response, of which the SDK would read all there are."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_REFUSAL
        async for data in self._stream:
            yield data[:left]
            left -= len(data)
            if left <= 0:
                return

    def __iter__(self) -> Iterator[bytes]:
        left = LARGEST_REFUSAL
        for data in self._stream:
            yield data[:left]
            left -= len(data)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()

    def close(self) -> None:
        self._stream.close()
