"""What to do when a stream ends, well or badly. Pure."""

from dataclasses import dataclass
from random import Random

from .accumulator import Accumulator

MOST_TRIES = 3
LONGEST_WAIT = 30.0
"""Seconds; a provider that asks for more gets a failed reply that says so."""

BROKE_OFF = {"cut", "stalled", "unreachable", "timeout"}


class ProviderError(Exception):
    """The provider did not answer; ``code`` is one of parley.errors, ``retry_after`` in seconds."""

    def __init__(self, code: str, *, retriable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code, self.retriable, self.retry_after = code, retriable, retry_after


@dataclass(frozen=True)
class Outcome:
    status: str
    error: str = ""


def after_end(answer: Accumulator) -> Outcome:
    """The stream ended by itself; without a finish reason and without [DONE] it was cut."""
    if answer.text and (answer.finish_reason or answer.ended):
        return Outcome("done")
    if answer.text:
        return Outcome("interrupted", "cut")
    return Outcome("failed", "filtered" if answer.finish_reason == "content_filter" else "empty")


def after_error(code: str, *, shown: bool) -> Outcome:
    """The stream ended with an error; text that somebody may have seen is kept."""
    if not shown:
        return Outcome("failed", {"cut": "unreachable", "stalled": "timeout"}.get(code, code))
    if code in BROKE_OFF:
        return Outcome("interrupted", "stalled" if code == "timeout" else "cut" if code == "unreachable" else code)
    return Outcome("failed", code)


def retry_delay(error: ProviderError, tries: int, *, shown: bool, random: Random) -> float | None:
    """Seconds until the next try, or None: only while nothing was shown, at most three tries."""
    if shown or not error.retriable or tries >= MOST_TRIES:
        return None
    if error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5) if error.retry_after <= LONGEST_WAIT else None
    return random.uniform(0.5, 1.0) * 2 ** (tries - 1)
