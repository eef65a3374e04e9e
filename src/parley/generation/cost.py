"""What a call costs, from its tokens and a price, and how many tokens it may have. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

MILLION, SMALLEST, LARGEST = 1_000_000, Decimal("1e-8"), Decimal("999999999999")
BYTES_PER_TOKEN, LONGEST_STEP = 3, 4_000
"""An estimate that errs on the safe side; tokens of an answer that are held at a time."""


class Rates(Protocol):
    """Prices of 1,000,000 tokens; one that is None is that of ``input``."""

    @property
    def input(self) -> Decimal: ...
    @property
    def output(self) -> Decimal: ...
    @property
    def cached_input(self) -> Decimal | None: ...
    @property
    def cache_write(self) -> Decimal | None: ...


def cost(usage: Mapping[str, Any], price: Rates | None) -> Decimal | None:
    """Return what these tokens, named as the columns of a Call, cost; None without a price, or without any tokens.

    >>> from types import SimpleNamespace
    >>> price = SimpleNamespace(input=Decimal(2), output=Decimal(8), cached_input=Decimal(1), cache_write=None)
    >>> cost({"prompt_tokens": 1000, "cached_tokens": 500, "completion_tokens": 100}, price)
    Decimal('0.00230000')
    """
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if price is None or (prompt is None and completion is None):
        return None
    cached, written = usage.get("cached_tokens") or 0, usage.get("cache_write_tokens") or 0
    plain = max((prompt or 0) - cached - written, 0) * price.input
    kept = cached * _or(price.cached_input, price.input) + written * _or(price.cache_write, price.input)
    return _rounded(plain + kept + (completion or 0) * price.output)


def tokens_of(size: int) -> int:
    """Return about how many tokens so many bytes have."""
    return -(-size // BYTES_PER_TOKEN)


def step_of(window: int) -> int:
    """Return how many tokens of an answer are held at a time: a quarter of the window, where that is less."""
    return min(window // 4, LONGEST_STEP)


def _or(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price


def _rounded(millionths: Decimal) -> Decimal:
    return min(millionths / MILLION, LARGEST).quantize(SMALLEST)
