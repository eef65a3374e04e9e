"""Holds what some calls may take of their budgets in one statement, where there is enough for all: PostgreSQL only.

A server is asked once in place of four times. Where there is not enough, `holding` decides call by call.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from parley.ids import uuid7

from . import locks
from .budget import Key, Pot, Spending
from .holding import AND_MORE, Need, condition_of

LEAST = Decimal("1e-8")
"""What must be left for a call of which nobody knows the price."""
WANTED = "(%s, %s::uuid, %s::date, %s::{person}, %s::numeric, %s::numeric, %s::numeric)"
CALLED = "(%s, %s::uuid, %s::uuid, %s, %s, %s::numeric, %s::timestamptz)"
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
    FROM (VALUES {called}) AS called (number, id, reply_id, attempt, purpose, amount, created_at)
    JOIN locked USING (number), enough
    {and_more}
)
SELECT count FROM enough
"""


class Taken(NamedTuple):
    """What a call may take of a pot; None: nobody knows."""

    need: Need
    pot: Pot
    amount: Decimal | int | None


def hold_all(needs: Iterable[Need], pots: dict[Any, list[Pot]]) -> bool:
    """Return whether what all these calls may take is held: where their spendings are there and have enough left."""
    if connection.vendor != "postgresql":
        return False
    taken = [Taken(need, pot, getattr(need, pot.budget.unit)) for need in needs for pot in pots[need.owner_id]]
    taken = [each for each in taken if each.amount != 0]
    return not taken or (
        any(each.amount for each in taken) and _hold(taken, {each.pot.key: each.pot for each in taken})
    )


def _hold(taken: Sequence[Taken], pots: dict[Key, Pot]) -> bool:
    condition, conditions = condition_of([*pots.values()])
    numbers = {key: number for number, key in enumerate(pots)}
    wanted = [(number, *_wanted(pot, taken)) for number, pot in enumerate(pots.values())]
    called = [(numbers[pot.key], *_called(need, amount)) for need, pot, amount in taken if amount]
    statement = HOLD.format(
        wanted=_rows(WANTED.format(person=_person()), wanted), called=_rows(CALLED, called),
        condition=condition, limit=locks.LIMIT, and_more=AND_MORE,
    )  # fmt: skip
    values = *chain(*wanted), *conditions, *locks.limit(), len(pots), *chain(*called)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None


def _person() -> str:
    """Return the type of the column that names a person, which is the host's."""
    return str(Spending._meta.get_field("owner").db_type(connection))


def _rows(row: str, values: Sequence[Any]) -> str:
    return ", ".join([row] * len(values))


def _wanted(pot: Pot, taken: Iterable[Taken]) -> tuple[Any, ...]:
    amounts = [each.amount for each in taken if each.pot.key == pot.key]
    needed = sum(LEAST if amount is None else amount for amount in amounts)
    owner = Spending._meta.get_field("owner").get_db_prep_value(pot.owner_id, connection)
    return pot.budget.pk, pot.start, owner, sum(amount or 0 for amount in amounts), needed, pot.budget.limit


def _called(need: Need, amount: Decimal | int) -> tuple[Any, ...]:
    return uuid7(), *need.attempt[:2], str(need.attempt[2]), amount, timezone.now()
