import pytest

from parley.search.query import Query, parse
from tests.unit.search.oracle import is_in


@pytest.mark.parametrize(
    ("typed", "phrases", "is_open"),
    [
        ("", [], False),
        ('""', [], False),
        ("?!", [], False),
        ("foo bar", [("foo",), ("bar",)], True),
        ('"foo bar"', [("foo", "bar")], False),
        ('"foo bar" ba', [("foo", "bar"), ("ba",)], True),
        ('ba "foo bar"', [("ba",), ("foo", "bar")], False),
        ('"foo ba', [("foo", "ba")], True),
        ('foo"', [("foo",)], True),
        ("“foo bar”", [("foo", "bar")], False),
        ("«foo bar»", [("foo", "bar")], False),
        ("well-known", [("well", "known")], True),
        ("北京烤", [("北", "京", "烤")], True),
        ("a AND NOT b*", [("a",), ("and",), ("not",), ("b",)], True),
        ("\0\ud800x", [("x",)], True),
        ("cafe\u0301", [("cafe",)], True),
    ],
)
def test_reads_what_was_typed(typed, phrases, is_open):
    assert parse(typed) == Query(tuple(phrases), is_open)


def test_is_nothing_without_words():
    assert not parse("…")
    assert parse("a")


def test_only_the_last_word_may_go_on():
    assert is_in(parse("foo ba"), "A foo, a bar.")
    assert not is_in(parse("fo bar"), "A foo, a bar.")
    assert not is_in(parse('"ba"'), "A foo, a bar.")


def test_reads_no_more_than_it_should():
    assert len(parse("a " * 5_000).phrases) == 100
