"""Tells whether a provider has read all that it was sent. Pure.

Ollama silently cuts what is longer than its window; only the tokens that it counts show it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

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
