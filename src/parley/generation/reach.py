"""How a provider is reached: proxies and credentials; without its SDK, which only workers import."""

from base64 import b64encode
from typing import Any

import httpx2

from parley.provider import Provider

from .addresses import Address, read
from .egress import is_metadata
from .guarded import AsyncGuarded, Guarded

LARGEST_REFUSAL = 32_768
"""Bytes on the wire; no sentence is longer."""


def listing(provider: Provider, timeout: float) -> httpx2.Client:
    """Return a client that asks for the models; ``timeout`` in seconds. Raises ValueError for an invalid base URL."""
    address = address_of(provider)
    headers = {"Authorization": f"Bearer {provider.key or 'none'}", **headers_of(provider, address)}
    way = {"transport": Guarded(), "trust_env": False} if provider.public_only else way_to(address)
    return httpx2.Client(base_url=address.url, params=dict(address.query), headers=headers, timeout=timeout, **way)


def way_of_streams(provider: Provider, address: Address) -> dict[str, Any]:
    """Return options of the client that writes replies."""
    return {"transport": AsyncGuarded(), "trust_env": False} if provider.public_only else way_to(address)


def address_of(provider: Provider) -> Address:
    """Return where a provider is. Raises ValueError for an invalid base URL, and for where machines keep secrets."""
    address = read(provider.base_url)
    if is_metadata(address.host):
        raise ValueError("This address tells the machine's own secrets, and is asked by nobody.")
    return address


def way_to(address: Address) -> dict[str, Any]:
    """Return options: proxies of the environment, except to this machine; its certificates hold either way."""
    return {"trust_env": False, "verify": httpx2.create_ssl_context()} if address.local else {}


def headers_of(provider: Provider, address: Address) -> dict[str, str]:
    """Return the headers of every request, but for the key."""
    login = b64encode(address.login.encode()).decode()
    headers = {"Authorization": f"Basic {login}"} if login else {}
    if provider.key and any(name == "api-version" for name, _ in address.query):
        headers["api-key"] = provider.key  # Azure takes keys in no other header there
    return {**headers, **dict(provider.headers)}
