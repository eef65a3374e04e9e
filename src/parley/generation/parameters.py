"""How parameters are named to a provider, and which ones its refusal is about. Pure."""

import re
from collections.abc import Iterable
from typing import Any

NEWER_NAMES = {"max_tokens": "max_completion_tokens"}
"""Every compatible server knows the older name; OpenAI's reasoning models refuse it and name the newer one."""
OLDER_NAMES = {newer: older for older, newer in NEWER_NAMES.items()}


def in_newer_names(parameters: dict[str, Any]) -> dict[str, Any]:
    return {NEWER_NAMES.get(name, name): value for name, value in parameters.items()}


def blamed(said: str, sent: Iterable[str], *, named: str = "") -> list[str]:
    """Which of the parameters that were sent a refusal is about, by our names of them.

    ``named`` is the field of OpenAI's errors that says it; other providers only have words.
    """
    sent = list(sent)
    found = [named] if named in sent else [name for name in sent if re.search(rf"\b{name}\b", said)]
    if not found and "reasoning_effort" in sent and re.search(r"\b(thinking|reasoning)\b", said):
        found = ["reasoning_effort"]
    return [OLDER_NAMES.get(name, name) for name in found]


def wants_newer_name(said: str, sent: Iterable[str]) -> bool:
    """Whether the same request could do with the newer names."""
    return any(older in sent and newer in said for older, newer in NEWER_NAMES.items())
