"""The forms in which models are asked and answer, apart from who is asked. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import chat_completions
from .accumulator import Accumulator
from .chat_completions import Dialect
from .request import Request


@dataclass(frozen=True)
class Wire:
    """``path``: below the base URL; ``body``: of a request, as a dialect has it; ``answer``: takes the events, decoded.

    ``answer`` begins with the text that the model shall go on with, "" for a new answer.
    """

    path: str
    body: Callable[[Request, Dialect], dict[str, Any]]
    answer: Callable[[str], Accumulator]


WIRES = {"chat_completions": Wire(chat_completions.PATH, chat_completions.body, Accumulator)}
"""By ``Provider.wire``."""
