"""Transports for connections of people's own, which reach public addresses only.

A name is looked up once for each request, and what was checked is what is connected to: that the name means something
else a moment later changes nothing. No proxy is used, no redirect followed, no cookie kept.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx2

from .egress import NotPublic, is_public, refusal

LOOKUPS = ThreadPoolExecutor(4, thread_name_prefix="lookups")
"""Names that answer slowly, on purpose or not, hold up nobody but each other."""
TOO_SLOW = "Its name could not be looked up in time."
NO_LIMIT = httpx2.Limits(max_connections=None, max_keepalive_connections=20)


class Guarded(httpx2.BaseTransport):
    """Sends requests to public addresses. Raises NotPublic for others."""

    def __init__(self) -> None:
        self._then = httpx2.HTTPTransport(limits=NO_LIMIT)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            address = LOOKUPS.submit(resolve, request.url).result(_patience(request))
        except TimeoutError:
            raise httpx2.ConnectTimeout(TOO_SLOW) from None
        return _without_cookies(self._then.handle_request(_to(request, address)))

    def close(self) -> None:
        self._then.close()


class AsyncGuarded(httpx2.AsyncBaseTransport):
    """Sends requests to public addresses, in an event loop. Raises NotPublic for others."""

    def __init__(self) -> None:
        self._then = httpx2.AsyncHTTPTransport(limits=NO_LIMIT)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(_patience(request)):
                address = await asyncio.get_running_loop().run_in_executor(LOOKUPS, resolve, request.url)
        except TimeoutError:
            raise httpx2.ConnectTimeout(TOO_SLOW) from None
        return _without_cookies(await self._then.handle_async_request(_to(request, address)))

    async def aclose(self) -> None:
        await self._then.aclose()


def resolve(url: httpx2.URL) -> str:
    """Look its host up, and return the address to connect to. Raises NotPublic if any is not public, and OSError."""
    host = _host(url)
    if code := refusal(url.scheme, host, url.port):
        raise NotPublic(code)
    found = socket.getaddrinfo(host, url.port or 443, type=socket.SOCK_STREAM)
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(map(is_public, addresses)):
        raise NotPublic("not_public")
    return min(addresses, key=lambda address: ":" in address)  # not every machine with IPv6 has a way out by it


def _patience(request: httpx2.Request) -> float | None:
    """Return the seconds in which there has to be a connection."""
    patience: float | None = request.extensions.get("timeout", {}).get("connect")
    return patience


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii")


def _to(request: httpx2.Request, address: str) -> httpx2.Request:
    """Return the request for an address; its header Host and its certificate are still those of the name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _host(request.url)},
    )


def _without_cookies(response: httpx2.Response) -> httpx2.Response:
    response.headers.pop("set-cookie", None)
    return response
