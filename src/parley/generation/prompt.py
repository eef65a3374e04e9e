"""The history of a conversation → the messages of a request, whatever the wire. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypedDict

from .inclusion import (
    SHARE_FOR_FILES,
    Allowance,
    File,
    Picture,
    Piece,
    in_order,
    noted_unnamed,
    tokens_of,
    words_of_unnamed,
)

CUT_OFF = ("stopped", "interrupted", "failed")
SPOKEN = ("done", *CUT_OFF)
"""Statuses of messages that are history; what is still being written is not."""
CUT_OFF_NOTE = "[This answer was cut off.]"
BEGINNING = "[The conversation begins with your message.]"
GO_ON = "Go on."
"""Sent only to the model, for servers that accept nothing but questions and answers in turn."""

ABOUT, STYLE = "About the person who asks:", "How they would like to be answered:"
"""Headings of personal instructions, sent only to the model."""

TOKENS_PER_MESSAGE = 8
SHARE_FOR_ANSWER = 0.25


class Turn(NamedTuple):
    """A message of a branch, with its files; ``unnamed``: how many more it has that the request does not name."""

    role: str
    status: str
    content: str
    files: Sequence[File] = ()
    unnamed: int = 0


class ProviderMessage(TypedDict):
    """A message for a wire: its text, or, where it has pictures, these and the text."""

    role: str
    content: str | list[str | Picture]


@dataclass(frozen=True)
class Prompt:
    """The messages to send; ``left_out``: how many of the oldest did not fit; ``included``: see Message.included."""

    messages: list[ProviderMessage]
    left_out: int
    included: list[dict[str, Any]] = field(default_factory=list)


def build(
    instructions: str,
    history: Iterable[Turn],
    *,
    window: int,
    begun: str = "",
    older: int = 0,
    folder: Sequence[File] = (),
) -> Prompt:
    """Build the messages to send from the turns of one branch, above which there are ``older`` ones.

    User and assistant take turns, the user first and, unless an answer has ``begun``, last: ``begun`` is the text that
    the model is to continue. ``window``: the model's context in tokens. The system prompt and the last question always
    stay; the oldest turns go first. The files of the ``folder`` stand before the instructions, all others in the
    message they came with.

    >>> [message["role"] for message in build("Be brief.", [Turn("user", "done", "Hi")], window=4096).messages]
    ['system', 'user']
    """
    turns = [turn for turn in history if turn.status in SPOKEN and (turn.content.strip() or turn.files or turn.unnamed)]
    allowance = Allowance(window * SHARE_FOR_FILES, room(instructions, window=window, begun=begun))
    newest, beside = _first(turns[-1:], allowance), [allowance.whole(file) for file in folder if not file.crowded]
    kept = _newest_that_fit(turns, newest, allowance)
    beside = in_order([*beside, *(allowance.whole(file) for file in folder if file.crowded)], folder)
    system, ending = _around(_with_files(instructions, beside), begun)
    messages = [_message(turn.role, _with_files(_words(turn), pieces), _pictures(pieces)) for turn, pieces in kept]
    included = [piece.noted(window) for pieces in (*(each for _, each in reversed(kept)), beside) for piece in pieces]
    if unnamed := sum(turn.unnamed for turn, _ in kept):
        included.append(noted_unnamed(unnamed, window))
    return Prompt(system + _in_turn(messages, ending, _pictures(beside)), older + len(turns) - len(kept), included)


def instructed(about: str, style: str, instructions: str) -> str:
    """Join what a person says in all conversations, under headings, with the instructions of this one.

    >>> instructed("I sail.", "", "Be brief.")
    'About the person who asks:\\nI sail.\\n\\nBe brief.'
    """
    personal = [f"{heading}\n{text}" for heading, text in ((ABOUT, about), (STYLE, style)) if text.strip()]
    return "\n\n".join([*personal, *filter(str.strip, [instructions])])


def room(instructions: str, *, window: int, begun: str = "") -> float:
    """Return how many tokens a window has for the turns.

    >>> room("", window=4096)
    3072.0
    """
    return window * (1 - SHARE_FOR_ANSWER) - sum(map(_tokens, chain(*_around(instructions, begun))))


def _around(instructions: str, begun: str) -> tuple[list[ProviderMessage], list[ProviderMessage]]:
    system = [_message("system", instructions)] if instructions.strip() else []
    return system, [_message("assistant", begun)] if begun else []


def _words(turn: Turn) -> str:
    content = "\n\n".join(filter(None, [words_of_unnamed(turn.unnamed), turn.content]))
    return f"{content}\n\n{CUT_OFF_NOTE}" if turn.status in CUT_OFF else content


def _with_files(words: str, pieces: Sequence[Piece]) -> str:
    """Return what stands for files, and then the words, so that the question is last."""
    return "\n\n".join(filter(str.strip, [*(piece.words for piece in pieces), words])) if pieces else words


def _pictures(pieces: Iterable[Piece]) -> list[Picture]:
    return [piece.picture for piece in pieces if piece.picture]


def _in_turn(
    turns: list[ProviderMessage], ending: list[ProviderMessage], pictures: Sequence[Picture]
) -> list[ProviderMessage]:
    """Join messages of one role that follow each other; leave the begun text as it is.

    ``pictures``: of the folder, which only a question can bring.
    """
    joined = [_joined(role, [*group]) for role, group in groupby(turns, itemgetter("role"))]
    if [turn["role"] for turn in joined + ending][:1] == ["assistant"]:
        joined.insert(0, _message("user", BEGINNING))
    if joined and joined[-1]["role"] == "assistant":
        joined.append(_message("user", GO_ON))
    first = [_message("user", text_of(turn), [*pictures, *pictures_of([turn])]) for turn in joined[:1]]
    return first + joined[1:] + ending


def _joined(role: str, turns: list[ProviderMessage]) -> ProviderMessage:
    return _message(role, "\n\n".join(map(text_of, turns)), pictures_of(turns))


def _message(role: str, text: str, pictures: Sequence[Picture] = ()) -> ProviderMessage:
    return {"role": role, "content": [*pictures, text] if pictures else text}


def text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message, without its pictures."""
    content = message["content"]
    return content if isinstance(content, str) else "".join(part for part in content if isinstance(part, str))


def pictures_of(messages: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """Return the pictures of messages, in order."""
    contents = (message["content"] for message in messages)
    return [part for content in contents if isinstance(content, list) for part in content if isinstance(part, Picture)]


def _tokens(message: ProviderMessage) -> float:
    return tokens_of(text_of(message)) + TOKENS_PER_MESSAGE


def _size(turn: Turn) -> float:
    return tokens_of(_words(turn)) + TOKENS_PER_MESSAGE


def _first(last: list[Turn], allowance: Allowance) -> list[list[Piece]]:
    """Include the words of the last turn, and then its files: they go before all others."""
    allowance.room -= sum(map(_size, last))
    return [allowance.share(turn.files) for turn in last]


def _newest_that_fit(
    turns: list[Turn], pieces: list[list[Piece]], allowance: Allowance
) -> list[tuple[Turn, list[Piece]]]:
    """Return the newest turns that fit, with what is included of their files.

    ``pieces``: of the last. The words of the others go before their files.
    """
    sizes = [*map(_size, turns)]
    first = _first_that_fits(turns, sizes, allowance.room + sum(sizes[-1:]))
    allowance.room -= sum(sizes[first:-1])
    pieces += [allowance.again(turn.files) for turn in turns[first:-1][::-1]]
    return list(zip(turns[first:], pieces[::-1], strict=True))


def _first_that_fits(turns: list[Turn], sizes: list[float], room: float) -> int:
    """Return the number of the first of the newest turns that fit, a question if possible; the last always does."""
    first = len(turns)
    for size in reversed(sizes):
        room -= size
        if room < 0 and first < len(turns):
            break
        first -= 1
    while first and first < len(turns) - 1 and turns[first].role != "user":
        first += 1
    return first


@dataclass(frozen=True)
class Request:
    """``parameters``: by our names; ``optional``: those that nobody has set, left out where they are refused."""

    model: str
    messages: list[ProviderMessage] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

    @property
    def pictures(self) -> list[Picture]:
        return pictures_of(self.messages)
