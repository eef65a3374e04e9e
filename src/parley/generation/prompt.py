"""The history of a conversation → the messages of a request, whatever the wire. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, TypedDict

CUT_OFF = ("stopped", "interrupted", "failed")
SPOKEN = ("done", *CUT_OFF)
"""Statuses of messages that are history; what is still being written is not."""
CUT_OFF_NOTE = "[This answer was cut off.]"
BEGINNING = "[The conversation begins with your message.]"
GO_ON = "Go on."
"""Sent only to the model, for servers that accept nothing but questions and answers in turn."""

BYTES_PER_TOKEN = 3.0
TOKENS_PER_MESSAGE = 8
SHARE_FOR_ANSWER = 0.25
"""An estimate that errs on the safe side: English has about 4 bytes a token, most other text 2 to 4."""

Turn = tuple[str, str, str]
"""(role, status, content) of a message."""


class ProviderMessage(TypedDict):
    """A message as providers take it."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """The messages to send; ``left_out``: how many of the oldest did not fit."""

    messages: list[ProviderMessage]
    left_out: int


def build(instructions: str, history: Iterable[Turn], *, window: int, begun: str = "", older: int = 0) -> Prompt:
    """Build the messages to send from the turns of one branch, above which there are ``older`` ones.

    User and assistant take turns, the user first and, unless an answer has ``begun``, last: ``begun`` is the text that
    the model is to continue. ``window``: the model's context in tokens. The system prompt and the last question always
    stay; the oldest turns go first.

    >>> [message["role"] for message in build("Be brief.", [("user", "done", "Hello?")], window=4096).messages]
    ['system', 'user']
    """
    system, ending = _around(instructions, begun)
    turns = _turns_of(history)
    kept = _newest_that_fit(turns, room(instructions, window=window, begun=begun))
    return Prompt(system + _in_turn(kept, ending), older + len(turns) - len(kept))


def room(instructions: str, *, window: int, begun: str = "") -> float:
    """Return how many tokens a window has for the turns.

    >>> room("", window=4096)
    3072.0
    """
    return window * (1 - SHARE_FOR_ANSWER) - sum(map(_tokens, chain(*_around(instructions, begun))))


def _around(instructions: str, begun: str) -> tuple[list[ProviderMessage], list[ProviderMessage]]:
    system = [_message("system", instructions)] if instructions.strip() else []
    return system, [_message("assistant", begun)] if begun else []


def _turns_of(history: Iterable[Turn]) -> list[ProviderMessage]:
    spoken = ((role, status, content) for role, status, content in history if status in SPOKEN and content.strip())
    return [_message(role, _marked(status, content)) for role, status, content in spoken]


def _marked(status: str, content: str) -> str:
    return f"{content}\n\n{CUT_OFF_NOTE}" if status in CUT_OFF else content


def _in_turn(turns: list[ProviderMessage], ending: list[ProviderMessage]) -> list[ProviderMessage]:
    """Join messages of one role that follow each other; leave the begun text as it is."""
    groups = groupby(turns, itemgetter("role"))
    joined = [_message(role, "\n\n".join(turn["content"] for turn in group)) for role, group in groups]
    if [turn["role"] for turn in joined + ending][:1] == ["assistant"]:
        joined.insert(0, _message("user", BEGINNING))
    if joined and joined[-1]["role"] == "assistant":
        joined.append(_message("user", GO_ON))
    return joined + ending


def _message(role: str, content: str) -> ProviderMessage:
    return {"role": role, "content": content}


def _tokens(message: ProviderMessage) -> float:
    return len(message["content"].encode()) / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE


def _newest_that_fit(turns: list[ProviderMessage], room: float) -> list[ProviderMessage]:
    """Return the newest turns that fit, from a question on, and at least the last one."""
    first = len(turns)
    for turn in reversed(turns):
        room -= _tokens(turn)
        if room < 0 and first < len(turns):
            break
        first -= 1
    while first and first < len(turns) - 1 and turns[first]["role"] != "user":
        first += 1
    return turns[first:]


@dataclass(frozen=True)
class Request:
    """``parameters``: by our names; ``optional``: those that nobody has set, left out where they are refused."""

    model: str
    messages: list[ProviderMessage] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
