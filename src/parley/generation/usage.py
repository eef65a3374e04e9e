"""The usage of a call, in the words of many vendors → the columns of a Call; and what was not read. Pure.

A column means one thing: prompt tokens include the cached and those written to the cache, completion tokens include
those of reasoning, also where a vendor counts them beside.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from parley.text import clean_cost, clean_count

from .prompt import pictures_of, text_of

Billed = dict[str, int | Decimal | None]
"""Columns of a Call → tokens, ``provider_cost``, and ``estimated`` where nobody has counted."""

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
MOST_TOKENS = 10**10
"""No request has more; the sum of so many of them is a number that every database has."""
_APART = ("cache_read_input_tokens", "cache_creation_input_tokens")
_COSTS = ("cost", "cost.total_cost")  # OpenRouter, Perplexity


def billed(usage: Any) -> Billed:
    """Return the tokens and the cost that a provider reports, None for what is missing or no number.

    >>> usage = billed({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}})
    >>> usage["prompt_tokens"], usage["cached_tokens"], usage["provider_cost"]
    (9, 4, None)
    """
    counts = {column: _first(usage, names, _tokens) for column, names in _COUNTS.items()}
    prompt = _prompt(usage, *(counts[name] for name in ("prompt_tokens", "cached_tokens", "cache_write_tokens")))
    completion = _completion(usage, prompt, counts["completion_tokens"], counts["reasoning_tokens"])
    counts |= {"prompt_tokens": prompt, "completion_tokens": completion}
    return {**counts, "provider_cost": _first(usage, _COSTS, clean_cost)}


def estimated(messages: Iterable[Mapping[str, Any]], written: int) -> Billed:
    """Return about how many tokens a request and ``written`` characters of an answer have.

    >>> estimated([{"content": "Four words are here."}], 9)
    {'prompt_tokens': 5, 'completion_tokens': 3, 'estimated': True}
    """
    messages = list(messages)
    words, looked = sum(len(text_of(message)) for message in messages), sum(p.tokens for p in pictures_of(messages))
    read = _of_characters(words) + looked
    return {"prompt_tokens": read, "completion_tokens": _of_characters(written), "estimated": True}


def counted(billed: Billed, messages: Iterable[Mapping[str, Any]], written: int | None) -> Billed:
    """Return what the provider counted, else an estimate, unless ``written`` is None: it has done nothing.

    Where it was stopped or cut off after it had counted the prompt, or the first words, the answer is an estimate.
    """
    if written is None:
        return billed
    if not (billed["prompt_tokens"] or billed["completion_tokens"]):
        return {**billed, **estimated(messages, written)}
    if written <= (billed["completion_tokens"] or 0) * MAX_BYTES_PER_TOKEN + SPARE:
        return billed
    return {**billed, "completion_tokens": _of_characters(written), "estimated": True}


def _of_characters(count: int) -> int:
    return -(-count // BYTES_PER_TOKEN)


def _prompt(usage: Any, prompt: int | None, cached: int | None, written: int | None) -> int | None:
    """Add what the cache has had, where it is counted apart: by Anthropic, and where it is more than the whole."""
    kept = (cached or 0) + (written or 0)
    apart = isinstance(usage, dict) and "prompt_tokens" not in usage and not usage.keys().isdisjoint(_APART)
    return prompt + kept if prompt is not None and (apart or kept > prompt) else prompt


def _completion(usage: Any, prompt: int | None, completion: int | None, reasoning: int | None) -> int | None:
    """Add the reasoning that is counted in the total only, as xAI and Gemini do, or that is more than the whole."""
    if completion is None:
        return None
    total: int | None = _first(usage, ("total_tokens",), _tokens)
    if total is not None and prompt is not None and total > prompt + completion:
        return total - prompt
    return completion + reasoning if reasoning and reasoning > completion else completion


def _tokens(value: Any) -> int | None:
    count = clean_count(value)
    return count if count is not None and count <= MOST_TOKENS else None


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
SPARE = 400
"""Characters, as of a line of dashes, that a model may write beyond that as a few tokens."""
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
    texts = [*map(text_of, messages)]
    if sum(len(text.encode()) for text in texts) <= read * MAX_BYTES_PER_TOKEN:
        return 0
    size = sum(len(_RUN.sub(r"\1", text).encode()) for text in texts)
    return size // BYTES_PER_TOKEN if size > read * MAX_BYTES_PER_TOKEN else 0
