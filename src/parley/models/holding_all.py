"""Holds what some calls may take of their budgets, where there is enough for all, without reading the rows.

PostgreSQL is asked once in place of four times; SQLite takes two statements, for want of writes in WITH. Where there is
not enough, `holding` decides call by call.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from parley.ids import uuid7

from . import locks
from .budget import Key, Pot, Reservation, Spending
from .holding import AND_MORE, Need, condition_of
from .statements import Statement, execute, inserting

LEAST = Decimal("1e-8")
"""What must be left for a call of which nobody knows the price."""
WANTED = "(%s, %s::uuid, %s::date, %s::{person}, %s::numeric, %s::numeric, %s::numeric)"
CALLED = "(%s::uuid, %s::uuid, %s::integer, %s, %s::numeric, %s::timestamptz)"
HOLD_OF_ONE = """
WITH saved AS (
    UPDATE parley_spending SET held = held + %s::numeric
    WHERE budget_id = %s::uuid AND period_start = %s::date AND {owner}
    AND spent + held + %s::numeric <= %s::numeric AND {limit} IS NOT NULL
    RETURNING id
)
INSERT INTO parley_reservation (id, reply_id, attempt, purpose, amount, created_at, spending_id)
SELECT called.*, saved.id FROM (VALUES {called}) AS called, saved
{and_more}
RETURNING spending_id
"""
"""For calls that take of one budget, in half of the time; of several, rows are locked in the order of their ids."""
HOLD = """
WITH wanted (number, of, since, whose, amount, needed, most) AS (VALUES {wanted}),
locked AS (
    SELECT id, number, amount, spent + held + needed <= most AS fits
    FROM parley_spending JOIN wanted ON budget_id = of AND period_start = since AND owner_id IS NOT DISTINCT FROM whose
    WHERE {condition} AND {limit} IS NOT NULL ORDER BY id FOR UPDATE OF parley_spending
),
enough AS (SELECT count(*) FROM locked HAVING count(*) = %s AND bool_and(fits)),
saved AS (UPDATE parley_spending AS row SET held = held + locked.amount FROM locked, enough WHERE row.id = locked.id),
reserved AS (
    INSERT INTO parley_reservation (id, reply_id, attempt, purpose, amount, created_at, spending_id)
    SELECT called.id, reply_id, attempt, purpose, called.amount, created_at, locked.id
    FROM (VALUES {called}) AS called (id, reply_id, attempt, purpose, amount, created_at, number)
    JOIN locked USING (number), enough
    {and_more}
)
SELECT count FROM enough
"""
WANTED_HERE = "(%s, %s, %s, %s, CAST(%s AS REAL), CAST(%s AS REAL), CAST(%s AS REAL))"
HOLD_HERE = """
WITH wanted (number, of, since, whose, amount, needed, most) AS (VALUES {wanted})
UPDATE parley_spending SET held = round(held + amount, 8) FROM wanted
WHERE budget_id = of AND period_start = since AND owner_id IS whose AND {condition}
AND spent + held + needed <= most RETURNING id, budget_id, owner_id
"""


class Taken(NamedTuple):
    """What a call may take of a pot; None: nobody knows."""

    need: Need
    pot: Pot
    amount: Decimal | int | None


def hold_all(needs: Iterable[Need], pots: dict[Any, list[Pot]]) -> bool:
    """Return whether what all these calls may take is held: where their spendings are there and have enough left."""
    taken = [Taken(need, pot, getattr(need, pot.budget.unit)) for need in needs for pot in pots[need.owner_id]]
    taken = [each for each in taken if each.amount != 0]
    hold = _hold if connection.vendor == "postgresql" else _hold_here
    return not taken or (any(each.amount for each in taken) and hold(taken, {each.pot.key: each.pot for each in taken}))


def _hold(taken: Sequence[Taken], pots: dict[Key, Pot]) -> bool:
    statement, values = _of_one(taken, pots) if len(pots) == 1 else _of_several(taken, pots)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None


def _of_one(taken: Sequence[Taken], pots: dict[Key, Pot]) -> Statement:
    [(_, budget, start, owner, amount, needed, most)] = _wanted(taken, pots)
    called = [_called(need, amount) for need, _, amount in taken if amount]
    statement = HOLD_OF_ONE.format(
        owner="owner_id IS NULL" if owner is None else "owner_id = %s",
        limit=locks.LIMIT, called=_rows(CALLED, called), and_more=AND_MORE,
    )  # fmt: skip
    owners = () if owner is None else (owner,)
    return statement, (amount, budget, start, *owners, needed, most, *locks.limit(), *chain(*called))


def _of_several(taken: Sequence[Taken], pots: dict[Key, Pot]) -> Statement:
    condition, conditions = condition_of([*pots.values()])
    numbers = {key: number for number, key in enumerate(pots)}
    wanted = _wanted(taken, pots)
    called = [(*_called(need, amount), numbers[pot.key]) for need, pot, amount in taken if amount]
    statement = HOLD.format(
        wanted=_rows(WANTED.format(person=_person()), wanted), called=_rows(f"{CALLED[:-1]}, %s)", called),
        condition=condition, limit=locks.LIMIT, and_more=AND_MORE,
    )  # fmt: skip
    return statement, (*chain(*wanted), *conditions, *locks.limit(), len(pots), *chain(*called))


def _person() -> str:
    """Return the type of the column that names a person, which is the host's."""
    return str(Spending._meta.get_field("owner").db_type(connection))


def _hold_here(taken: Sequence[Taken], pots: dict[Key, Pot]) -> bool:
    """Hold it on SQLite: its first statement takes the one lock, and is undone where it finds too little of one."""
    with transaction.atomic():
        ids = _taken_from(_wanted(taken, pots), pots)
        if enough := len(ids) == len(pots):
            held = [Reservation(**_reserved(each), spending_id=ids[each.pot.key]) for each in taken if each.amount]
            execute(inserting(held, AND_MORE))
        else:
            transaction.set_rollback(True)
    return enough


def _taken_from(wanted: Sequence[tuple[Any, ...]], pots: dict[Key, Pot]) -> dict[Key, UUID]:
    """Add what is wanted to what these hold, where they have enough left → their ids."""
    condition, conditions = condition_of([*pots.values()])
    statement = HOLD_HERE.format(wanted=_rows(WANTED_HERE, wanted), condition=condition)
    keys = {(budget, owner): key for key, (_, budget, _, owner, *_) in zip(pots, wanted, strict=True)}
    with connection.cursor() as cursor:
        cursor.execute(statement, [*chain(*wanted), *conditions])
        return {keys[budget, owner]: UUID(pk) for pk, budget, owner in cursor.fetchall()}


def _reserved(taken: Taken) -> dict[str, Any]:
    reply_id, attempt, purpose = taken.need.attempt
    return {"reply_id": reply_id, "attempt": attempt, "purpose": purpose, "amount": Decimal(taken.amount or 0)}


def _rows(row: str, values: Sequence[Any]) -> str:
    return ", ".join([row] * len(values))


def _wanted(taken: Sequence[Taken], pots: dict[Key, Pot]) -> list[tuple[Any, ...]]:
    """Return for each of these its number, its key as the database has it, and what is taken, needed and allowed."""
    return [
        (number, *_stored(pot), *_sums([each.amount for each in taken if each.pot.key == key]), pot.budget.limit)
        for number, (key, pot) in enumerate(pots.items())
    ]


def _stored(pot: Pot) -> list[Any]:
    values = {"budget": pot.budget.pk, "period_start": pot.start, "owner": pot.owner_id}
    fields: Any = Spending._meta
    return [fields.get_field(name).get_db_prep_value(value, connection) for name, value in values.items()]


def _sums(amounts: Sequence[Decimal | int | None]) -> tuple[Decimal | int, Decimal | int]:
    return sum(amount or 0 for amount in amounts), sum(LEAST if amount is None else amount for amount in amounts)


def _called(need: Need, amount: Decimal | int) -> tuple[Any, ...]:
    return uuid7(), *need.attempt[:2], str(need.attempt[2]), amount, timezone.now()
