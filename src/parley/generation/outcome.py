"""What to do when a stream ends, well or badly. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from .accumulator import Accumulator

MOST_TRIES = 3
LONGEST_WAIT = 30.0
"""Seconds; a provider that asks for more gets a failed reply that says so."""

BROKE_OFF = {"unreachable": "cut", "timeout": "stalled"}
NEVER_BEGAN = {code: before for before, code in BROKE_OFF.items()}
"""The codes of one and the same error, after something was shown and before."""


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
    whole = bool(answer.finish_reason) or answer.ended
    if answer.text:
        return Outcome("done") if whole else Outcome("interrupted", "cut")
    if answer.reasoning and not whole:
        return Outcome("failed", "cut")
    return Outcome("failed", "filtered" if answer.finish_reason == "content_filter" else "empty")


def after_error(code: str, answer: Accumulator) -> Outcome:
    """The stream ended with an error; text that somebody may have seen is kept, and so are thoughts."""
    code = (BROKE_OFF if answer.text or answer.reasoning else NEVER_BEGAN).get(code, code)
    return Outcome("interrupted" if answer.text and code in NEVER_BEGAN else "failed", code)


def retry_delay(error: ProviderError, tries: int, *, shown: bool, random: Random) -> float | None:
    """Seconds until the next try, or None: only while nothing was shown, at most three tries."""
    if shown or not error.retriable or tries >= MOST_TRIES:
        return None
    if error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5) if error.retry_after <= LONGEST_WAIT else None
    return random.uniform(0.5, 1.0) * 2 ** (tries - 1)


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """The header Retry-After, a number of seconds or a date, in seconds; None for anything else."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return _seconds_until(retry_after, now)


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
