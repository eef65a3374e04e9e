"""Reserves of the budgets what replies and titles may cost, before anybody is asked, and more while they are long."""

import logging
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from parley.choice import is_personal
from parley.models import Call, Message, Price, budget, spending
from parley.models.budget import KEPT_FOR, Budget
from parley.models.holding import Need
from parley.models.locks import DATABASE_AWAY
from parley.models.recent import Recent, Told, recent
from parley.provider import Provider

from . import catalogue
from .abilities import Model
from .cost import Rates, cost, step_of, tokens_of
from .outcome import Outcome
from .prompt import TOKENS_PER_MESSAGE, Request, text_of
from .writing import Writing

logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """A call, and the tokens that it may read and write."""

    reply: Message
    provider: Provider
    model: str
    read: int
    written: int


MAX_PRICES_KEPT = 500
_kept: dict[tuple[str, str], tuple[float, Rates | None]] = {}
"""Prices as they were at most KEPT_FOR seconds ago, and until when they count."""
_recent: list[tuple[float, dict[tuple[str, str], Recent]]] = []
"""The same of what recent calls tell: one entry at most."""


def reserve(writings: Iterable[Writing]) -> None:
    """Let fail what no budget has enough left for; give back all where that cannot be known now."""
    asking = [writing for writing in writings if writing.unasked is None]
    try:
        needs = _needs(_first(writing.reply, writing.provider, writing.request) for writing in asking)
        refused = spending.reserve(needs)
    except DATABASE_AWAY as error:
        logger.warning("The budgets of %d replies are locked or away (%s).", len(asking), error)
        for writing in asking:
            writing.unasked = Outcome("handed over")
    except Exception:
        logger.exception("The budgets of %d replies could not be asked.", len(asking))
        for writing in asking:
            writing.unasked = Outcome("failed", "internal")
    else:
        limited = {need.attempt[0] for need in needs}
        for writing in asking:
            if shortage := refused.get(writing.reply.pk):
                writing.unasked = Outcome("failed", "over_budget", shortage.text)
            elif writing.reply.pk in limited and not writing.request.parameters.get("max_tokens"):
                writing.step = writing.allowance = _step(writing.provider, writing.request.model)


def hold_more(writings: Sequence[Writing]) -> None:
    """Hold a further step of these answers, or note why a budget refuses it. Raises what the database raises."""
    steps = (Asked(each.reply, each.provider, each.request.model, 0, each.step) for each in writings)
    refused = spending.reserve(_needs(steps), running=True)
    for writing in writings:
        if shortage := refused.get(writing.reply.pk):
            writing.shortage = shortage.text
        else:
            writing.allowance += writing.step


def affords_title(reply: Message, provider: Provider, request: Request) -> bool:
    """Return whether the budgets have enough left for a title, and reserve it. Raises what the database raises."""
    return not spending.reserve(_needs([_first(reply, provider, request)], Call.Purpose.TITLE))


def _first(reply: Message, provider: Provider, request: Request) -> Asked:
    """Return what is held when a call begins: what it sends, and its limit of tokens or else a first step."""
    window = catalogue.window_of(provider, request.model)
    read, longest = min(tokens_of(_size(request)), window), request.parameters.get("max_tokens")
    return Asked(reply, provider, request.model, read, longest or step_of(window) + _unseen(provider, request.model))


def _step(provider: Provider, model: str) -> int:
    return step_of(catalogue.window_of(provider, model))


def _unseen(provider: Provider, model: str) -> int:
    """Return how many tokens the model has thought of late, which some providers count and do not send."""
    known = _recently().get((provider.slug, model))
    return known.reasoning if known else 0


def _needs(calls: Iterable[Asked], purpose: str = Call.Purpose.ANSWER) -> list[Need]:
    """Return what these may take; without budgets, nothing is asked for it. People's own connections take nothing."""
    hard = [each for each in budget.known() if each.hard]
    if not hard:
        return []
    asked = [each for each in calls if not is_personal(each.provider.slug)]
    priced = any(each.unit == Budget.Unit.COST for each in hard)
    prices = _prices({(each.provider.slug, each.model): each.provider for each in asked} if priced else {})
    return [_need(each, prices.get((each.provider.slug, each.model)), purpose) for each in asked]


def _need(asked: Asked, price: Rates | None, purpose: str) -> Need:
    money = cost({"prompt_tokens": asked.read, "completion_tokens": asked.written}, price)
    attempt = (asked.reply.pk, asked.reply.attempt, purpose)
    return Need(asked.reply.owner_id, attempt, money, asked.read + asked.written)


def _prices(asked: dict[tuple[str, str], Provider]) -> dict[tuple[str, str], Rates | None]:
    """Return the prices of this site, else those that the provider tells, or what it has said that calls cost.

    What it says at the end will be counted.
    """
    now = time.monotonic()
    if missing := {each for each in asked if each not in _kept or _kept[each][0] < now}:
        found = Price.objects.of(missing)
        if len(_kept) > MAX_PRICES_KEPT:
            _kept.clear()
        _kept.update({each: (now + KEPT_FOR, found.get(each) or _told(asked[each], each[1])) for each in missing})
    return {each: _kept[each][1] for each in asked if each in _kept}


def _told(provider: Provider, model: str) -> Rates | None:
    known = _recently().get((provider.slug, model))
    return _listed(provider, model) or (known.rates if known else None)


def _recently() -> dict[tuple[str, str], Recent]:
    if not _recent or _recent[0][0] < time.monotonic():
        _recent[:] = [(time.monotonic() + KEPT_FOR, recent())]
    return _recent[0][1]


def _listed(provider: Provider, model: str) -> Rates | None:
    listed = Model.of(model, catalogue.offered(provider).facts.get(model, {})).prices
    return Told(**listed) if listed else None


def _size(request: Request) -> int:
    """Return about how many bytes a request has for its provider, by whom each message is wrapped."""
    words = sum(len(text_of(message).encode()) + 3 * TOKENS_PER_MESSAGE for message in request.messages)
    return words + 3 * sum(picture.tokens for picture in request.pictures)
