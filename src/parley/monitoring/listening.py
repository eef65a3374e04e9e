"""Counts what signals announce; nothing is counted for a token."""

import time
from functools import lru_cache
from typing import Any

from parley.choice import is_personal
from parley.delivery.sockets import tab_closed, tab_opened
from parley.errors import SENTENCES
from parley.generation import catalogue
from parley.models import Call, Message, call_ended, reply_settled
from parley.provider import Provider

from .counters import counters
from .metrics import OTHER, counted, observed

DIRECTIONS = {
    "prompt": "prompt_tokens",
    "cached": "cached_tokens",
    "completion": "completion_tokens",
    "reasoning": "reasoning_tokens",
}
"""Label → the column of a call; the cached ones are among the prompt's, those of reasoning among the completion's."""

LISTED_FOR = 60
"""Seconds for which a list of models is not read again."""


def connect() -> None:
    """Count from now on, in this process."""
    reply_settled.connect(_reply_settled, dispatch_uid="parley.metrics")
    call_ended.connect(_call_ended, dispatch_uid="parley.metrics")
    tab_opened.connect(_tab_opened, dispatch_uid="parley.metrics")
    tab_closed.connect(_tab_closed, dispatch_uid="parley.metrics")


def disconnect() -> None:
    for signal in (reply_settled, call_ended, tab_opened, tab_closed):
        signal.disconnect(dispatch_uid="parley.metrics")


def _tab_opened(**kwargs: object) -> None:
    counters.add_sockets(1)


def _tab_closed(**kwargs: object) -> None:
    counters.add_sockets(-1)


def _reply_settled(reply: Message, **kwargs: object) -> None:
    counts = counted("replies_total", reply.status, _code(reply.error))
    if reply.started_at and reply.settled_at:
        counts |= observed("reply_seconds", max(0, (reply.settled_at - reply.started_at).total_seconds()))
    counters.add(counts)


def _call_ended(call: Call, provider: Provider, **kwargs: object) -> None:
    """Count a request; of a person's own connection no tokens and no cost, of which it says what it likes."""
    model = _label(call, provider)
    if call.error:
        counters.add(counted("provider_errors_total", _code(call.error)))
    if call.first_token_ms is not None and call.purpose == Call.Purpose.ANSWER:
        counters.add(observed("first_text_seconds", call.first_token_ms / 1000, model))
    if not is_personal(call.connection):
        counters.add(*_used(call, model))


def _used(call: Call, model: str) -> list[Any]:
    tokens = {direction: getattr(call, column) for direction, column in DIRECTIONS.items()}
    used = [counted("tokens_total", direction, model, amount=number) for direction, number in tokens.items() if number]
    return [*used, counted("cost_total", model, amount=float(call.cost))] if call.cost else used


def _label(call: Call, provider: Provider) -> str:
    """Return the model if the site's connection lists or names it, so that no label is what a person has typed."""
    if is_personal(call.connection) or call.model == OTHER:
        return OTHER
    known = call.model == provider.model or call.model in _listed(provider, int(time.monotonic() // LISTED_FOR))
    return call.model if known else OTHER


@lru_cache(maxsize=64)
def _listed(provider: Provider, when: int) -> frozenset[str]:
    return frozenset(catalogue.offered(provider).names)


def _code(error: str) -> str:
    return error if not error or error in SENTENCES else OTHER
