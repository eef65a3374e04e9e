"""Asks a provider which models it has, and what it tells of them beside its list."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

import httpx2
import orjson

from parley.provider import Provider

from . import abilities
from .abilities import Facts
from .reach import LARGEST_REFUSAL, listing
from .refusals import Refusal

PATIENCE = 5.0
"""Seconds for the list, and again for what is asked beside it."""
LONGEST_LIST, MAX_NAMES, LONGEST_NAME, MAX_SHOWN = 8_000_000, 2000, 200, 50
NOT_THERE = (404, 405)
FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ImportError)
"""What ``ask`` raises: the provider is away, is no provider, or has no list."""


class Refused(ValueError):
    """The provider answered with another status than 200."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.status}: {refusal.message}")
        self.refusal = refusal


def ask(provider: Provider) -> dict[str, Facts]:
    """Return what is known of each model that a provider lists, by its name. Raises FAILURES."""
    with listing(provider, PATIENCE) as client:
        rows = rows_of(_read(client, "GET", "models", time.monotonic() + PATIENCE))
        names = names_in(rows, provider.hidden)
        facts = {row["id"]: abilities.facts_in(row) for row in rows if _name(row)}
        beside = _beside(client, rows, names)
    return {name: {**facts[name], **beside.get(name, {})} for name in names}


def takes_questions(provider: Provider) -> bool:
    """Tell whether questions can be sent to an address: a request without any costs nothing. Raises FAILURES."""
    with listing(provider, PATIENCE) as client, client.stream("POST", "chat/completions", json={}) as response:
        return response.status_code not in NOT_THERE


def rows_of(body: Any) -> list[Any]:
    """Return the rows of a list of models. Raises ValueError for what is no list."""
    rows = body.get("data") if isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise ValueError("This is no list of models.")
    return rows


def names_in(rows: Iterable[Any], hidden: Iterable[str]) -> list[str]:
    """Return the models in a list that match none of the patterns ``hidden``, sorted, each once. Pure.

    The list does not say what a model is for, so its name decides.

    >>> names_in([{"id": "small-chat"}, {"id": "big-embed"}, {"id": "big-chat"}], hidden=["*embed*"])
    ['big-chat', 'small-chat']
    """
    found = set(filter(None, map(_name, rows)))
    names = {name for name in found if not any(fnmatchcase(name.casefold(), pattern) for pattern in hidden)}
    return sorted(names, key=lambda name: (name.casefold(), name))[:MAX_NAMES]


def _name(row: Any) -> str:
    """Return the name of a model that can be shown and asked, or ""."""
    name = row.get("id") if isinstance(row, dict) else None
    fits = isinstance(name, str) and len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
    return str(name) if fits else ""


def _beside(client: httpx2.Client, rows: list[Any], names: list[str]) -> dict[str, Facts]:
    """Return what servers that are known to do so tell elsewhere; as much of it as comes in time."""
    base, facts = str(client.base_url).rstrip("/"), dict[str, Facts]()
    look = BESIDE.get(abilities.server_of(rows)) if base.endswith("/v1") else None
    until = time.monotonic() + PATIENCE
    if look:
        with suppress(*FAILURES):
            look(lambda method, path, **more: _read(client, method, base[:-3] + path, until, **more), names, facts)
    return facts


Read = Callable[..., Any]


def _by_ollama(read: Read, names: list[str], facts: dict[str, Facts]) -> None:
    for name in names[:MAX_SHOWN]:
        with suppress(Refused):
            facts[name] = abilities.facts_by_ollama(read("POST", "/api/show", json={"model": name}))


def _by_llama_cpp(read: Read, names: list[str], facts: dict[str, Facts]) -> None:
    facts |= dict.fromkeys(names, abilities.facts_by_llama_cpp(read("GET", "/props")))


def _by_lm_studio(read: Read, names: list[str], facts: dict[str, Facts]) -> None:
    rows = rows_of(read("GET", "/api/v0/models"))
    facts |= {_name(row): abilities.facts_by_lm_studio(row) for row in rows}


BESIDE = {"ollama": _by_ollama, "llama.cpp": _by_llama_cpp, "lm studio": _by_lm_studio}


def _read(client: httpx2.Client, method: str, url: str, until: float, **more: Any) -> Any:
    """Return JSON. Raises Refused, and ValueError for a body that is too long, too slow or no JSON."""
    body = bytearray()
    with client.stream(method, url, timeout=max(until - time.monotonic(), 0.1), **more) as response:
        refused = response.status_code >= 300
        for piece in response.iter_bytes(65536):
            body += piece
            if refused and len(body) >= LARGEST_REFUSAL:
                break
            if len(body) > LONGEST_LIST or time.monotonic() > until:
                raise ValueError("The list is too long, or comes too slowly.")
    if refused:
        raise Refused(Refusal(response.status_code, bytes(body).decode("utf-8", "replace")))
    return orjson.loads(body)
