"""The history of a conversation → the messages that a provider is sent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

SPOKEN = ("done", "stopped")
"""What failed, broke off or is still being written is not history."""

BYTES_PER_TOKEN = 3.0
TOKENS_PER_MESSAGE = 8
SHARE_FOR_ANSWER = 0.25
"""An estimate that errs on the safe side: English has about 4 bytes a token, most other text 2 to 4."""


Turn = tuple[str, str, str]
"""(role, status, content) of a message."""


class ProviderMessage(TypedDict):
    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """``left_out``: how many of the oldest messages did not fit."""

    messages: list[ProviderMessage]
    left_out: int


def build(instructions: str, history: Iterable[Turn], *, window: int, begun: str = "", older: int = 0) -> Prompt:
    """Role/content messages, in order, from the turns of one branch, before which there are ``older`` ones.

    ``window`` is the model's context in tokens. The system prompt and the last question always stay;
    the oldest turns go first. ``begun`` is the text that the answer shall go on after.
    """
    system: list[ProviderMessage] = [{"role": "system", "content": instructions}] if instructions.strip() else []
    turns = _said(history)
    ending = [_message("assistant", begun)] if begun else []
    room = window * (1 - SHARE_FOR_ANSWER) - _tokens(system) - _tokens(ending)
    kept = _newest_that_fit(turns, room)
    return Prompt(system + kept + ending, older + len(turns) - len(kept))


def tokens(history: Iterable[Turn]) -> float:
    """How much of a window these turns take."""
    return _tokens(_said(history))


def _said(history: Iterable[Turn]) -> list[ProviderMessage]:
    return [_message(role, content) for role, status, content in history if status in SPOKEN and content.strip()]


def _message(role: str, content: str) -> ProviderMessage:
    return {"role": role, "content": content}


def _tokens(messages: list[ProviderMessage]) -> float:
    return sum(len(message["content"].encode()) / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE for message in messages)


def _newest_that_fit(turns: list[ProviderMessage], room: float) -> list[ProviderMessage]:
    """At least the last message; otherwise a history that begins with a question."""
    first = len(turns)
    while first and (first == len(turns) or _tokens([turns[first - 1]]) <= room):
        first -= 1
        room -= _tokens([turns[first]])
    while first and first < len(turns) - 1 and turns[first]["role"] != "user":
        first += 1
    return turns[first:]
