"""What is spent of budgets, by the ledger of calls: reserving, freeing what nobody frees, and setting right."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from parley.choice import PERSONAL
from parley.days import today

from . import budget, holding, locks
from .budget import Budget, Pot, Reservation, Spending
from .call import Call
from .holding import Need
from .holding_all import hold_all
from .message import Message
from .shortage import Shortage

logger = logging.getLogger(__name__)

STRAY_AFTER = timedelta(seconds=60)
"""After which a reservation is freed whose attempt does not run."""
MAX_AT_ONCE, MAX_SHOWN = 1000, 50
TOLERANCE = Decimal("0.000001")
"""SQLite adds up money as floating point numbers."""
SUMS = {
    "cost": Sum("cost"),
    "tokens": Sum(Coalesce(F("prompt_tokens"), 0) + Coalesce(F("completion_tokens"), 0)),
}


def reserve(needs: Sequence[Need], *, running: bool = False) -> dict[UUID, Shortage]:
    """Hold what these calls may take of hard budgets → {reply: why it is refused}. Without budgets, no query.

    One short transaction, which may come after nothing else: it locks spendings only. ``running``: they hold something
    already, and what has ended meanwhile holds no more. Raises OperationalError.
    """
    pots = holding.pots_of({need.owner_id for need in needs}, today(), hard=True) if budget.known() else {}
    wanted = {pot.key: pot for theirs in pots.values() for pot in theirs}
    if not running and wanted and hold_all(needs, pots):
        return {}
    for _ in range(2 if wanted else 0):
        with transaction.atomic():
            rows = holding.locked(wanted.values())
            if wanted.keys() <= rows.keys():
                return holding.hold(holding.holders(needs) if running else needs, pots, rows)
        begin([pot for key, pot in wanted.items() if key not in rows])
    return {}


def begin(pots: Iterable[Pot]) -> None:
    """Insert the spendings of these pots, with what the ledger says."""
    rows = [
        Spending(budget=pot.budget, owner_id=pot.owner_id, period_start=pot.start, spent=_spent(*pot)) for pot in pots
    ]
    Spending.objects.bulk_create(rows, ignore_conflicts=True)


def _spent(of: Any, owner_id: Any, start: Any) -> Decimal:
    """Add up the calls of a budget since the start of a period, by whoever it is for now, of the site's connections.

    Of a group also those of people who were in it when they were deleted.
    """
    calls = Call.objects.filter(day__gte=start, day__lt=budget.next_start(of.period, start))
    calls = calls.exclude(connection__startswith=PERSONAL)
    if owner_id or of.person_id:
        calls = calls.filter(owner_id=owner_id or of.person_id)
    elif of.group_id:
        people = get_user_model()._base_manager.filter(groups=of.group_id).values("pk")
        gone = models.Q(owner=None, owner_groups__contains=f",{of.group_id},")
        calls = calls.filter(models.Q(owner__in=people) | gone)
    spent = calls.aggregate(spent=SUMS[of.unit])["spent"]
    return min(Decimal(spent or 0), budget.LARGEST).quantize(Decimal("1e-8"))


def standing(user: Any) -> list[Spending]:
    """Return what this person's budgets have left, each with its budget; a query or two where there are any."""
    pots = holding.pots_of([user.pk], today())[user.pk] if budget.known() and user.is_authenticated else []
    rows = _begun(pots)
    return [rows[pot.key] for pot in pots if pot.key in rows]


def _begun(pots: list[Pot]) -> dict[budget.Key, Spending]:
    """Return the spendings of these pots, and begin those that are not there, once a period, if that is possible."""
    rows = holding.found(pots)
    if missing := [pot for pot in pots if pot.key not in rows]:
        with suppress(*locks.DATABASE_AWAY):
            begin(missing)
        rows = holding.found(pots)
    return rows


def overview() -> list[Spending]:
    """Return what is spent of all budgets now; where each person has it alone, of whoever has spent the most."""
    budgets = list(Budget.objects.select_related("person", "group").order_by("id")[: budget.MAX_BUDGETS])
    pots = [Pot(each, None, budget.start_of(each.period, today())) for each in budgets]
    rows = _begun([pot for pot in pots if not pot.budget.each])
    return [_most(pot) if pot.budget.each else rows[pot.key] for pot in pots if pot.budget.each or pot.key in rows]


def _most(pot: Pot) -> Spending:
    return next(iter(most_spent(pot.budget)), Spending(budget=pot.budget, period_start=pot.start))


def most_spent(of: Budget) -> list[Spending]:
    """Return the spendings of a budget now, the largest first: one, or those of at most MAX_SHOWN people."""
    now = of.spendings.filter(period_start=budget.start_of(of.period, today())).select_related("owner")
    rows = list(now.order_by("-spent", "id")[:MAX_SHOWN])
    for row in rows:
        row.budget = of
    return rows


def near(user: Any) -> list[Spending]:
    """Return those of which this person is warned."""
    return [row for row in standing(user) if row.near]


def free_stray() -> None:
    """Free what is held for attempts that do not run: their reply or person was deleted, or their worker died."""
    old = Reservation.objects.filter(created_at__lt=timezone.now() - STRAY_AFTER).order_by("id")
    attempts = set(old.values_list("reply_id", "attempt", "purpose")[:MAX_AT_ONCE])
    running = Message.objects.still_running({(pk, attempt) for pk, attempt, _ in attempts}) if attempts else set()
    for pk, attempt, purpose in attempts:
        if purpose != Call.Purpose.ANSWER or (pk, attempt) not in running:
            locks.unless_held(holding.post, None, (pk, attempt, purpose))


def reconcile() -> None:
    """Set right what is spent in periods that run, where it is not what the ledger says, and log the difference.

    A row of which a call is counted meanwhile is left for the next time.
    """
    starts = models.Q()
    for each in budget.known():
        starts |= models.Q(budget=each, period_start=budget.start_of(each.period, today()))
    for row in Spending.objects.filter(starts).select_related("budget")[:MAX_AT_ONCE] if starts else ():
        spent = _spent(row.budget, row.owner_id, row.period_start)
        if abs(spent - row.spent) > TOLERANCE and _set_right(row, spent):
            logger.warning("Budget %s: %s were counted as spent, and the ledger has %s.", row, row.spent, spent)


def _set_right(row: Spending, spent: Decimal) -> bool:
    return bool(locks.unless_held(Spending.objects.filter(pk=row.pk, spent=row.spent).update, spent=spent))
