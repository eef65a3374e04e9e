"""The history of a conversation → the messages that a provider is sent. Pure."""

from collections.abc import Iterable
from typing import TypedDict


class ProviderMessage(TypedDict):
    role: str
    content: str


def build(instructions: str, history: Iterable[tuple[str, str, str]]) -> list[ProviderMessage]:
    """Role/content messages, in order, from (role, status, content) of one branch.

    Only finished text is history: what failed, stopped before its first word or is still being
    written never reaches the model.
    """
    messages: list[ProviderMessage] = []
    if instructions.strip():
        messages.append({"role": "system", "content": instructions})
    for role, status, content in history:
        if status in ("done", "stopped") and content.strip():
            messages.append({"role": role, "content": content})
    return messages
