"""Refuses what budgets have too little left for, holds what a call may take, and counts what it has come to.

Locks are taken in this order: Feed, Message, Call, Spending by its id, Reservation. Who holds a Spending takes no feed.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from parley import choice
from parley.days import today

from . import locks
from .budget import LARGEST, Budget, Key, Pot, Reservation, Spending, known, start_of
from .price import Price
from .shortage import OverBudget, Shortage
from .statements import Rows, Statement, execute, inserting, marks
from .tree import prepared

Attempt = tuple[UUID, int, str]
"""(reply, attempt, purpose) of calls."""
OF_ATTEMPT = "reply_id = %s AND attempt = %s AND purpose = %s"
FREE = f"DELETE FROM parley_reservation WHERE {OF_ATTEMPT} RETURNING spending_id, amount"
AND_MORE = (
    "ON CONFLICT (reply_id, attempt, purpose, spending_id)"
    " DO UPDATE SET amount = parley_reservation.amount + excluded.amount"
)
SAVE = "UPDATE parley_spending SET spent = %s, held = %s WHERE id = %s"


class Need(NamedTuple):
    """What a call may take; ``cost`` is None where no price is known."""

    owner_id: Any
    attempt: Attempt
    cost: Decimal | None
    tokens: int


class Entry(NamedTuple):
    """What a call has come to, on the day it began."""

    day: date
    cost: Decimal
    tokens: int


def pots_of(owner_ids: Iterable[Any], day: date, *, hard: bool = False) -> dict[Any, list[Pot]]:
    """Return what these people spend from on a day; one query, where a budget is for a group. ``hard``: only such."""
    owners, budgets = set(owner_ids), [budget for budget in known() if budget.hard or not hard]
    within = _memberships(owners, {budget.group_id for budget in budgets} - {None})
    return {
        owner_id: [
            Pot(budget, owner_id if budget.each else None, start_of(budget.period, day))
            for budget in budgets
            if budget.holds_for(owner_id, within)
        ]
        for owner_id in owners
    }


def _memberships(owners: set[Any], groups: set[Any]) -> set[tuple[Any, Any]]:
    """Return (person, group) of these; a site's own model of people may have no groups."""
    people: Any = get_user_model()
    if not groups or not hasattr(people, "groups"):
        return set()
    return set(people._base_manager.filter(pk__in=owners, groups__in=groups).values_list("pk", "groups"))


def found(pots: Iterable[Pot]) -> dict[Key, Spending]:
    """Return the spendings of these pots that there are."""
    pots = list(pots)
    return _loaded(*condition_of(pots), pots) if pots else {}


def locked(pots: Iterable[Pot], ended: Attempt | None = None) -> dict[Key, Spending]:
    """Lock and return the spendings of these pots, and those of which an attempt holds something.

    Where rows cannot be locked, a write takes the database's one lock before anything is read; else the statement
    limits how long it waits.
    """
    pots = list(pots)
    condition, values = condition_of(pots)
    if ended:
        condition += f" OR id IN (SELECT spending_id FROM parley_reservation WHERE {OF_ATTEMPT})"
        values += _stored(ended)
    if not connection.features.has_select_for_update:
        Rows(Spending, condition, values).update("held = held")
        return _loaded(condition, values, pots)
    limited = f"({condition}) AND {locks.LIMIT} IS NOT NULL ORDER BY id FOR UPDATE"
    return _loaded(limited, [*values, *locks.limit()], pots)


def _stored(ended: Attempt) -> list[Any]:
    reply_id, attempt, purpose = ended
    return [prepared(reply_id), attempt, str(purpose)]


def condition_of(pots: list[Pot]) -> tuple[str, list[Any]]:
    """Return the condition of the spendings of these pots, in SQL, and its values."""
    columns: list[set[Any]] = [
        {pot.budget.pk for pot in pots},
        {pot.start for pot in pots},
        {pot.owner_id for pot in pots} - {None},
    ]
    fields: list[Any] = [Spending._meta.get_field(name) for name in ("budget", "period_start", "owner")]
    values = [
        [field.get_db_prep_value(value, connection) for value in column]
        for field, column in zip(fields, columns, strict=True)
    ]
    budgets, starts, owners = map(marks, values)
    condition = f"(budget_id IN ({budgets}) AND period_start IN ({starts})"
    return f"{condition} AND (owner_id IS NULL OR owner_id IN ({owners})))", [*values[0], *values[1], *values[2]]


def _loaded(condition: str, values: list[Any], pots: list[Pot]) -> dict[Key, Spending]:
    """Read spendings, in a third of the time that Django takes, each with its budget as this process knows it."""
    budgets = {pot.budget.pk: pot.budget for pot in pots}
    fields: list[Any] = [*Spending._meta.concrete_fields]
    names = [field.attname for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM parley_spending WHERE {condition}", values)
        read = [[*map(_value, fields, row)] for row in cursor.fetchall()]
    rows = [Spending.from_db(None, names, row) for row in read]
    for row in rows:
        if row.budget_id in budgets:
            row.budget = budgets[row.budget_id]
    return {row.key: row for row in rows}


def _value(field: Any, stored: Any) -> Any:
    """Return a value as Python has it; SQLite keeps amounts as floating point numbers."""
    return field.to_python(str(stored) if isinstance(stored, float) else stored)


def saving(spendings: Iterable[Spending]) -> list[Statement]:
    """Return the statements that write what is spent and held, from 0 to LARGEST; the rows are locked."""
    spendings = list(spendings)
    for row in spendings:
        row.spent, row.held = (max(Decimal(0), min(amount, LARGEST)) for amount in (row.spent, row.held))
    fields: list[Any] = [Spending._meta.get_field(name) for name in ("spent", "held", "id")]
    return [
        (SAVE, tuple(field.get_db_prep_save(getattr(row, field.name), connection) for field in fields))
        for row in spendings
    ]


# Refuse, hold, free


def refuse(owner_id: Any, model: Callable[[], str]) -> None:
    """Raise OverBudget where a hard budget has nothing left for this person. No budget, no query; no lock either.

    ``model``: returns the choice that is to be asked; one that costs nothing takes no money.
    """
    pots = pots_of([owner_id], today(), hard=True)[owner_id] if known() else []
    rows = found(pots)
    short = [row for pot in pots if (row := rows.get(pot.key)) and row.exhausted]
    if short and choice.is_personal(choice.split(model())[0]):
        return
    if short and _is_free(model()):
        short = [row for row in short if row.budget.unit == Budget.Unit.TOKENS]
    if short:
        raise OverBudget(Shortage.of(least(short)), model())


def _is_free(model: str) -> bool:
    asked = choice.split(model)
    price = Price.objects.of({asked}).get(asked)
    return price is not None and not (price.input or price.output)


def least(spendings: Iterable[Spending]) -> Spending:
    """Return that of which the least is left, by its limit."""
    return min(spendings, key=lambda row: row.left / row.budget.limit)


def hold(needs: Iterable[Need], pots: dict[Any, list[Pot]], rows: dict[Key, Spending]) -> dict[UUID, Shortage]:
    """Hold of locked spendings what these calls may take, all of a call's budgets or none → {reply: why it is refused}.

    The limit counts what is held already, so that of any number at once no more begin than it is enough for.
    """
    refused, reserved = dict[UUID, Shortage](), list[Reservation]()
    for need in needs:
        taken = [(rows[pot.key], getattr(need, pot.budget.unit)) for pot in pots[need.owner_id]]
        if short := [row for row, amount in taken if row.lacks(amount)]:
            refused[need.attempt[0]] = Shortage.of(least(short))
        else:
            reserved += [_held(row, need.attempt, amount) for row, amount in taken if amount]
    changed = {reservation.spending_id for reservation in reserved}
    saved = saving(row for row in rows.values() if row.pk in changed)
    execute(_together([*saved, *inserting(reserved, AND_MORE)]))
    return refused


def holders(needs: Iterable[Need]) -> list[Need]:
    """Return those whose attempts hold something; call it with their spendings locked."""
    asked = {need.attempt: need for need in needs}
    held = Reservation.objects.filter(reply_id__in=[reply_id for reply_id, _, _ in asked])
    return [asked[each] for each in set(held.values_list("reply_id", "attempt", "purpose")) if each in asked]


def _together(statements: list[Statement]) -> list[Statement]:
    """Join statements, of which the last inserts, into one where that saves their way to a server."""
    if connection.vendor != "postgresql" or not statements:
        return statements
    *before, (last, values) = statements
    named = ", ".join(f"s{number} AS ({statement})" for number, (statement, _) in enumerate(before))
    return [(f"WITH {named} {last}", (*chain.from_iterable(values for _, values in before), *values))]


def _held(row: Spending, attempt: Attempt, amount: Decimal) -> Reservation:
    reply_id, number, purpose = attempt
    row.held += amount
    return Reservation(reply_id=reply_id, attempt=number, purpose=purpose, spending=row, amount=Decimal(amount))


def post(owner_id: Any, ended: Attempt | None, added: Sequence[Entry] = (), removed: Sequence[Entry] = ()) -> int:
    """Free what an attempt holds, and count what its calls have come to, ``removed`` being what was counted of them.

    Call it last in the transaction that records the calls. It may come twice: what is freed is gone then. Return how
    many reservations were freed.
    """
    if not known():
        return 0
    pots = {entry.day: pots_of([owner_id], entry.day)[owner_id] for entry in (*added, *removed)}
    with transaction.atomic(savepoint=False):
        rows = locked([pot for theirs in pots.values() for pot in theirs], ended)
        for sign, entries in ((1, added), (-1, removed)):
            for row, amount in _amounts(rows, pots, entries):
                row.spent += sign * amount
        freed = _free(ended, {row.pk: row for row in rows.values()}) if ended else 0
        execute(saving(rows.values()))
    return freed


def _amounts(
    rows: dict[Key, Spending], pots: dict[date, list[Pot]], entries: Sequence[Entry]
) -> Iterable[tuple[Spending, Decimal]]:
    for entry in entries:
        for pot in pots[entry.day]:
            if row := rows.get(pot.key):
                yield row, getattr(entry, pot.budget.unit)


def _free(ended: Attempt, rows: dict[UUID, Spending]) -> int:
    """Delete what an attempt has reserved, and hold it no more; return how many reservations that were."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, _stored(ended))
        reserved = cursor.fetchall()
    amounts: Any = Reservation._meta.get_field("amount")
    for spending_id, amount in reserved:
        if row := rows.get(UUID(str(spending_id))):
            row.held -= _value(amounts, amount)
    return len(reserved)
