"""The history of a conversation → the messages that a provider is sent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypedDict

CUT_OFF = ("stopped", "interrupted", "failed")
SPOKEN = ("done", *CUT_OFF)
"""What has text that people read is history; what is still being written is not."""
CUT_OFF_NOTE = "[This answer was cut off.]"
BEGINNING = "[The conversation begins with your message.]"
GO_ON = "Go on."
"""What only the model is told, for servers that take nothing but questions and answers in turn."""

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
    """Role/content messages from the turns of one branch, before which there are ``older`` ones.

    User and assistant take turns, the user first and, unless there is ``begun``, last. ``window`` is the model's context
    in tokens. The system prompt and the last question always stay; the oldest turns go first. ``begun`` is the text that
    the answer shall go on after.
    """
    system: list[ProviderMessage] = [{"role": "system", "content": instructions}] if instructions.strip() else []
    turns = _said(history)
    ending = [_message("assistant", begun)] if begun else []
    room = window * (1 - SHARE_FOR_ANSWER) - _tokens(system) - _tokens(ending)
    kept = _newest_that_fit(turns, room)
    return Prompt(system + _in_turn(kept, ending), older + len(turns) - len(kept))


def tokens(history: Iterable[Turn]) -> float:
    """How much of a window these turns take."""
    return _tokens(_said(history))


def _said(history: Iterable[Turn]) -> list[ProviderMessage]:
    spoken = ((role, status, content) for role, status, content in history if status in SPOKEN and content.strip())
    return [_message(role, _marked(status, content)) for role, status, content in spoken]


def _marked(status: str, content: str) -> str:
    return f"{content}\n\n{CUT_OFF_NOTE}" if status in CUT_OFF else content


def _in_turn(turns: list[ProviderMessage], ending: list[ProviderMessage]) -> list[ProviderMessage]:
    """What follows each other in one role is one turn; the begun text stays to the letter."""
    groups = groupby(turns, itemgetter("role"))
    joined = [_message(role, "\n\n".join(turn["content"] for turn in group)) for role, group in groups]
    if [turn["role"] for turn in joined + ending][:1] == ["assistant"]:
        joined.insert(0, _message("user", BEGINNING))
    if joined and joined[-1]["role"] == "assistant":
        joined.append(_message("user", GO_ON))
    return joined + ending


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
