from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.cost import LARGEST, cost, step_of, tokens_of
from parley.text import LARGEST_NUMBER

COUNT = st.none() | st.integers(0, LARGEST_NUMBER)
AMOUNT = st.decimals(0, 100_000, places=6)


@dataclass
class Price:
    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


PRICE = Price(Decimal(2), Decimal(8), Decimal("0.5"), Decimal("2.5"))
PRICES = st.builds(Price, AMOUNT, AMOUNT, st.none() | AMOUNT, st.none() | AMOUNT)
TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens", "cache_write_tokens")
USAGE = st.fixed_dictionaries(dict.fromkeys(TOKENS, COUNT))


@pytest.mark.parametrize(
    ("usage", "price", "found"),
    [
        ((1000, 100, 600, 100), PRICE, "0.00195"),
        ((1000, 100, None, None), PRICE, "0.0028"),
        ((1000, 100, 600, 100), Price(Decimal(2), Decimal(8)), "0.0028"),
        ((1000, 100, 600, 100), Price(Decimal(2), Decimal(8), Decimal(0), Decimal(0)), "0.0014"),
        ((None, 100, None, None), PRICE, "0.0008"),
        ((100, None, 600, None), PRICE, "0.0003"),
        ((0, 0, None, None), PRICE, "0"),
        ((None, None, 600, None), PRICE, None),
        ((1000, 100, None, None), None, None),
    ],
)
def test_multiplies_tokens_by_their_prices(usage, price, found):
    assert cost(dict(zip(TOKENS, usage, strict=True)), price) == (None if found is None else Decimal(found))


@given(USAGE, PRICES)
def test_is_an_amount_that_every_database_takes(usage, price):
    found = cost(usage, price)
    assert found is None or (0 <= found <= LARGEST and found.as_tuple().exponent == -8)


@given(USAGE, PRICES, st.integers(0, 10**9))
def test_more_written_never_costs_less(usage, price, more):
    before = cost(usage, price)
    after = cost({**usage, "completion_tokens": (usage["completion_tokens"] or 0) + more}, price)
    assert before is None or before <= after


def test_counts_bytes_and_steps_on_the_safe_side():
    assert [tokens_of(size) for size in (0, 1, 3000, 3001)] == [0, 1, 1000, 1001]
    assert [step_of(window) for window in (4096, 8000, 1_000_000)] == [1024, 2000, 4000]
