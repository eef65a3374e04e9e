"""Clients of a provider that write replies: what is kept open, and how much of a refusal is read."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai

from parley.provider import Provider

from .addresses import read
from .reach import LARGEST_REFUSAL, headers_of, way_to

CONNECTION_LIMITS = httpx2.Limits(max_connections=0, max_keepalive_connections=100)
"""No limit on connections; None would mean 100 at once, the default of aiohttp below the SDK."""
MAX_KEPT = 8
"""Providers to which connections are kept open."""
_kept: dict[Provider, openai.AsyncOpenAI] = {}


def client_of(provider: Provider) -> openai.AsyncOpenAI:
    """Return the client of a provider, for the event loop of the process. Raises ValueError for an invalid base URL."""
    if provider not in _kept:
        while len(_kept) >= MAX_KEPT:
            del _kept[next(iter(_kept))]
        _kept[provider] = _client(provider)
    return _kept[provider]


async def close() -> None:
    """Close all kept connections, in the event loop that opened them."""
    while _kept:
        _, client = _kept.popitem()
        await client.close()


def _client(provider: Provider) -> openai.AsyncOpenAI:
    address = read(provider.base_url)
    http = openai.DefaultAioHttpClient(
        limits=CONNECTION_LIMITS,
        timeout=httpx2.Timeout(None, connect=provider.connect_timeout),
        follow_redirects=False,
        event_hooks={"response": [_shorten]},
        **way_to(address),
    )
    return openai.AsyncOpenAI(
        base_url=address.url,
        default_query=dict(address.query),
        default_headers=headers_of(provider, address),
        api_key=provider.key or "none",
        max_retries=0,
        http_client=http,
    )


async def _shorten(response: httpx2.Response) -> None:
    if response.status_code >= 300:
        response.stream = _Beginning(response.stream)


class _Beginning(httpx2.AsyncByteStream):
    """The first bytes of a response, which the SDK would read to its end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_REFUSAL
        async for data in self._stream:
            yield data[:left]
            left -= len(data)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()
