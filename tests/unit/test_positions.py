import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.positions import format_position, parse_position

NUMBERS = st.integers(0, 2**63 - 1)


@given(st.tuples(NUMBERS, NUMBERS))
def test_reads_what_it_writes(position):
    assert parse_position(format_position(position)) == position


@pytest.mark.parametrize(("text", "position"), [("0", (0, 0)), ("1-25", (1, 25)), ("2", (2, 0)), ("3-0", (3, 0))])
def test_reads_a_place_in_a_log(text, position):
    assert parse_position(text) == position


@pytest.mark.parametrize(
    "text", ["", "-", "-1", "1--1", "a-1", "1-b", "1-2-3", "1.5-2", "1-99999999999999999999", "$", "+-+"]
)
def test_refuses_what_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 - what int() says of it is its own affair
        parse_position(text)


def test_orders_by_number_and_by_the_attempt_first():
    assert parse_position("1-9") < parse_position("1-10") < parse_position("2-1") < parse_position("10-0")
