"""Clients of providers that write replies: what is kept open, and how much of a refusal is read."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai

from parley.provider import Provider

from .reach import LARGEST_REFUSAL, address_of, headers_of, way_of_streams

CONNECTION_LIMITS = httpx2.Limits(max_connections=0, max_keepalive_connections=100)
"""No limit on connections; None would mean 100 at once, the default of aiohttp below the SDK."""
MAX_KEPT = 64
"""Providers to which connections are kept open; more while more of them answer."""
_kept: dict[Provider, openai.AsyncOpenAI] = {}
_lent: Counter[openai.AsyncOpenAI] = Counter()
"""Client → the streams that use it: to close it would cut them."""


@asynccontextmanager
async def lent(provider: Provider) -> AsyncIterator[openai.AsyncOpenAI]:
    """Lend the client of a provider, for the event loop of the process. Raises ValueError for an invalid base URL."""
    if provider not in _kept:
        await _make_room()
    client = _kept[provider] = _kept.pop(provider) if provider in _kept else _client(provider)
    _lent[client] += 1
    try:
        yield client
    finally:
        _lent[client] -= 1
        if not _lent[client]:
            del _lent[client]


async def _make_room() -> None:
    """Close clients that nobody uses, those first that have been lent longest ago."""
    while len(_kept) >= MAX_KEPT and (idle := [key for key, client in _kept.items() if not _lent[client]]):
        await _kept.pop(idle[0]).close()


async def close() -> None:
    """Close all kept connections, in the event loop that opened them."""
    while _kept:
        _, client = _kept.popitem()
        await client.close()


def _client(provider: Provider) -> openai.AsyncOpenAI:
    address = address_of(provider)
    http = openai.DefaultAioHttpClient(
        limits=CONNECTION_LIMITS,
        timeout=httpx2.Timeout(None, connect=provider.connect_timeout),
        follow_redirects=False,
        event_hooks={"response": [_shorten]},
        **way_of_streams(provider, address),
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
