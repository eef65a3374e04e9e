"""What strangers sent, as what it should be."""

import json
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.text import (
    JOINERS,
    LARGEST_NUMBER,
    MAX_COUNTS,
    NOT_SEEN,
    clean_cost,
    clean_count,
    clean_line,
    clean_text,
    clean_usage,
    without_secrets,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("  The engine\r\n is\ton fire. ", "The engine is on fire."),
        ("\x1b[31mred\x1b[0m\x07 bell", "red bell"),
        ("half \ud83d and\0nul", "half \ufffd and\ufffdnul"),
        ("turned \u202e around\u2066", "turned around"),
        ("a\u2028b\x85c\x1fd", "a b c d"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ud83d\ude00", "😀"),
        ("of a Unicode to come \ud7a4", "of a Unicode to come \ud7a4"),
        ("x" * 50, "x" * 20),
        ("x" * 19 + " y", "x" * 19),
        (None, ""),
        (5, ""),
        (["x"], ""),
        ("", ""),
    ],
    ids=ascii,
)
def test_makes_a_line(value, line):
    assert clean_line(value, 20 if line.startswith("x") else 40) == line


@given(ANYTHING, st.integers(1, 50))
def test_makes_a_line_of_anything_that_every_store_and_page_takes(value, limit):
    line = clean_line(value, limit)
    line.encode()
    assert len(line) <= limit
    assert not [each for each in line if unicodedata.category(each) in NOT_SEEN and each not in JOINERS]
    assert clean_line(line, limit) == line


@pytest.mark.parametrize(
    ("value", "text"), [("a\r\nb\0", "a\nb\ufffd"), ("x" * 50, "x" * 20), (None, ""), ({}, "")], ids=ascii
)
def test_makes_a_text(value, text):
    assert clean_text(value, 20) == text


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (7, 7),
        (7.0, 7),
        (7.9, 7),
        ("7", 7),
        (0, 0),
        (LARGEST_NUMBER, LARGEST_NUMBER),
        (LARGEST_NUMBER + 1, None),
        (10**400, None),
        ("9" * 400, None),
        ("²", None),
        ("٣", None),
        ("7 tokens", None),
        (-1, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ([7], None),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_makes_a_count(value, count):
    assert clean_count(value) == count


def test_keeps_of_the_usage_what_counts():
    words = {
        "prompt_tokens": 5,
        "completion_tokens": "7",
        "total_tokens": 12.0,
        "cost": None,
        "prompt_tokens_details": {"cached_tokens": 1},
        "half \ud83d": 1,
        "nul\0": 1,
        "<b>": 1,
        "": 1,
        "x" * 61: 1,
        "queue_time": float("nan"),
    }
    assert clean_usage(words) == {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def test_keeps_no_more_of_it_than_anybody_reads():
    assert len(clean_usage({f"tokens_{number}": number for number in range(1000)})) == MAX_COUNTS


@given(ANYTHING)
def test_makes_a_usage_of_anything_that_every_store_takes(value):
    usage = clean_usage(value)
    assert json.loads(json.dumps(usage, allow_nan=False).encode()) == usage


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        (0.00012345, "0.00012345"),
        ("0.5", "0.5"),
        (3, "3"),
        (1e-30, "0"),
        (99_999_999, "99999999"),
        (10**8, None),
        (10**5000, None),
        (-0.1, None),
        (float("nan"), None),
        (float("inf"), None),
        ("sNaN", None),
        ("1e999999", None),
        ("99999999.99999999", "99999999.99999999"),
        ("99999999.999999999", None),  # which would be rounded up to more than the column holds
        ("0." + "1" * 100, None),
        (True, None),
        ("free", None),
        ({"total": 1}, None),
    ],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "",
)
def test_makes_an_amount_that_every_database_takes(value, cost):
    assert clean_cost(value) == (None if cost is None else Decimal(cost))


@given(ANYTHING)
def test_makes_an_amount_of_anything(value):
    assert (amount := clean_cost(value)) is None or 0 <= amount < 10**8


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdef12****cdef",
        "gsk_1234567890abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "0123456789abcdef0123456789abcdef",
        "AIzaSyA1234567890abcdefghijklmnopqrstu",
    ],
)
def test_shows_no_key(secret):
    assert without_secrets(f"The key {secret} is wrong.") == "The key *** is wrong."


def test_shows_no_password():
    assert without_secrets("at http://me:secret@host/v1") == "at http://***@host/v1"
    assert without_secrets("Authorization: Bearer abc.def") == "Authorization: Bearer ***"


def test_leaves_words_as_they_are():
    words = (
        "Model Qwen/Qwen3-30B-A3B-Instruct-2507 has a maximum context length of 4096 tokens (task-based, ask-me-later)."
    )
    assert without_secrets(words) == words
