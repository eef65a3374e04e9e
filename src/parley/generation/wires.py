"""Wire formats: how a model is asked and answers, apart from who is asked. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import chat_completions
from .accumulator import Accumulator
from .chat_completions import Dialect
from .prompt import Request


@dataclass(frozen=True)
class Wire:
    """``path``: below the base URL; ``body(request, dialect)``: the JSON to send; ``answer(begun)``: takes its events.

    ``begun``: the text that the model is to continue, "" for a new answer. ``picture(media_type, base64)``: what stands
    for a picture, which the body has as a Picture.
    """

    path: str
    body: Callable[[Request, Dialect], dict[str, Any]]
    answer: Callable[[str], Accumulator]
    picture: Callable[[str, str], dict[str, Any]]


WIRES = {
    "chat_completions": Wire(
        chat_completions.PATH, chat_completions.body, Accumulator, chat_completions.picture,
    ),
}  # fmt: skip
"""By ``Provider.wire``."""
