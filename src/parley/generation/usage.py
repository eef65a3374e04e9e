"""The usage of a call, in the words of many vendors → the columns of a Call; and what was not read. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
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
    return next((value for name in names if (value := clean(_at(usage, name))) is not None), None)


def _at(usage: Any, name: str) -> Any:
    for part in name.split("."):
        usage = usage.get(part) if isinstance(usage, dict) else None
    return usage


BYTES_PER_TOKEN = 4
"""Of English; most other text has fewer."""
MAX_BYTES_PER_TOKEN = 8
"""No longer text has more, in any model's tokens, when a run of one character is counted once."""
_RUN = re.compile(r"(.)\1+", re.DOTALL)


def unread(messages: Iterable[Mapping[str, Any]], usage: dict[str, int]) -> int:
    """Return about how many tokens were sent, where the provider read far fewer; 0 where it did not, or does not count.

    Cached tokens count as read, also where a provider counts them apart.

    >>> unread([{"content": "Words, words. " * 1000}], {"prompt_tokens": 1000})
    3500
    """
    read = usage.get("prompt_tokens", 0)
    if not read:
        return 0
    read += sum(count for name, count in usage.items() if "cache" in name)
    texts = [str(message["content"]) for message in messages]
    if sum(len(text.encode()) for text in texts) <= read * MAX_BYTES_PER_TOKEN:
        return 0
    size = sum(len(_RUN.sub(r"\1", text).encode()) for text in texts)
    return size // BYTES_PER_TOKEN if size > read * MAX_BYTES_PER_TOKEN else 0
