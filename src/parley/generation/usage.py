"""The usage of a call, in the words of many vendors → the columns of a Call. Pure."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from parley.text import clean_cost, clean_count

Billed = dict[str, int | Decimal | None]

_COUNTS = {
    "prompt_tokens": ("prompt_tokens", "input_tokens"),
    "cached_tokens": (
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "cache_read_input_tokens",  # Anthropic
        "prompt_cache_hit_tokens",  # DeepSeek
        "cached_tokens",  # Moonshot
    ),
    "cache_write_tokens": (
        "prompt_tokens_details.cache_write_tokens",  # OpenRouter
        "prompt_tokens_details.cache_creation_tokens",  # LiteLLM
        "cache_creation_input_tokens",  # Anthropic
    ),
    "completion_tokens": ("completion_tokens", "output_tokens"),
    "reasoning_tokens": (
        "completion_tokens_details.reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "reasoning_tokens",
    ),
}
_COSTS = ("cost", "cost.total_cost")  # OpenRouter, Perplexity


def billed(usage: Any) -> Billed:
    """Return the tokens and the cost that a provider reports, None for what is missing or no number.

    >>> usage = billed({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}})
    >>> usage["prompt_tokens"], usage["cached_tokens"], usage["cost"]
    (9, 4, None)
    """
    counts = {column: _first(usage, names, clean_count) for column, names in _COUNTS.items()}
    return {**counts, "cost": _first(usage, _COSTS, clean_cost)}


def _first(usage: Any, names: tuple[str, ...], clean: Callable[[Any], Any]) -> Any:
    """Return the first of the named values that is valid, or None."""
    return next((value for name in names if (value := clean(_at(usage, name))) is not None), None)


def _at(usage: Any, name: str) -> Any:
    for part in name.split("."):
        usage = usage.get(part) if isinstance(usage, dict) else None
    return usage
