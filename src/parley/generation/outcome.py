"""Decides what becomes of a reply whose stream ended, well or badly. Pure."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from .accumulator import Accumulator
from .finish_reasons import CONTENT_FILTER, LENGTH

MAX_TRIES = 3
LONGEST_WAIT = 30.0
"""Seconds; a reply fails where its provider asks to wait longer."""

BROKE_OFF = {"unreachable": "cut", "timeout": "stalled"}
NEVER_BEGAN = {code: before for before, code in BROKE_OFF.items()}
"""Codes of the same error, after something was shown and before."""


class ProviderError(Exception):
    """The provider did not answer. ``code``: of parley.errors; ``retry_after``: seconds; ``detail``: its own words.

    For whoever tests a connection, since they may name hosts and accounts: its own ``words``, and of a request that did
    not come through the ``cause``, in those of the network.
    """

    def __init__(
        self,
        code: str,
        *,
        retriable: bool = False,
        retry_after: float | None = None,
        detail: str = "",
        words: str = "",
        cause: str = "",
    ) -> None:
        super().__init__(code)
        self.code, self.retriable, self.retry_after = code, retriable, retry_after
        self.detail, self.words, self.cause = detail, words or detail, cause


@dataclass(frozen=True)
class Outcome:
    """How a reply ends: its status, a code of parley.errors or "", and the provider's own sentence, for people."""

    status: str
    error: str = ""
    detail: str = ""


def after_end(answer: Accumulator, *, shortage: str = "") -> Outcome:
    """Return the outcome of a stream that ended by itself; without a known good end, the answer is not whole.

    ``shortage``: why a budget ended it, unless it was whole just then.

    >>> after_end(Accumulator("Half a sen"))
    Outcome(status='interrupted', error='cut', detail='')
    """
    if answer.too_long:
        return _broken("too_much", answer)
    if shortage and not answer.whole:
        return _broken("budget_used_up", answer, shortage)
    if answer.reason.bad:
        return _broken("broken_off", answer, answer.finish_reason)
    if not answer.whole and (answer.text or answer.reasoning or answer.beside):
        return _broken("cut", answer, answer.stray)
    return Outcome("done") if str(answer.text).strip() else _without_text(answer)


def after_error(code: str, answer: Accumulator, detail: str = "") -> Outcome:
    """Return the outcome of a stream that ended with an error; text and reasoning that somebody may have seen are kept.

    A finish reason that came alone before the error is believed: what broke off then was no longer the answer.
    """
    if answer.reason.good and answer.reason.alone and str(answer.text).strip():
        return after_end(answer)
    return _broken((BROKE_OFF if answer.text or answer.reasoning else NEVER_BEGAN).get(code, code), answer, detail)


def _broken(code: str, answer: Accumulator, detail: str = "") -> Outcome:
    return Outcome("interrupted" if str(answer.text).strip() else "failed", code, detail)


def _without_text(answer: Accumulator) -> Outcome:
    if answer.finish_reason == CONTENT_FILTER:
        return Outcome("failed", "filtered")
    if answer.beside.kinds:
        return Outcome("failed", "no_text")
    if answer.finish_reason == LENGTH and (answer.reasoning or answer.usage.get("completion_tokens", 1)):
        return Outcome("failed", "thought_too_long")  # OpenAI does not send what its models think
    if answer.reasoning:
        return Outcome("failed", "only_thought")
    if answer.beside:
        return Outcome("failed", "no_text")
    return Outcome("failed", "garbage", answer.stray) if answer.strange else Outcome("failed", "empty")


def retry_delay(error: ProviderError, tries: int, *, shown: bool, random: Random) -> float | None:
    """Return the seconds until the next try, or None: only while nothing was shown, at most three tries.

    >>> retry_delay(ProviderError("overloaded", retriable=True), tries=3, shown=False, random=Random()) is None
    True
    """
    if shown or not error.retriable or tries >= MAX_TRIES:
        return None
    if error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5) if error.retry_after <= LONGEST_WAIT else None
    return random.uniform(0.5, 1.0) * 2.0 ** (tries - 1)


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """Return the seconds of a header Retry-After, which is a number or a date; None for anything else.

    >>> seconds_of("Fri, 31 Dec 1999 23:59:59 GMT", datetime(1999, 12, 31, 23, 59, tzinfo=UTC))
    59.0
    """
    with suppress(ValueError):
        return max(0.0, float(retry_after))
    with suppress(ValueError, OverflowError):
        moment = parsedate_to_datetime(retry_after)
        return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
    return None
