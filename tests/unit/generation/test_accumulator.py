from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.accumulator import DONE, Accumulator, InBandError, Text
from parley.text import clean

ANYTHING = st.text(st.one_of(st.characters(codec=None), st.sampled_from("\r\n\0\ud83d\ude00\ud800\udfff")), max_size=40)
"""Text as JSON may hold it: halves of surrogate pairs, NUL and carriage returns included."""


def chunk(content, **choice):
    return {"choices": [{"delta": {"content": content}, **choice}]}


def accumulated(*chunks, text=""):
    answer = Accumulator(text)
    for each in chunks:
        answer.add(each)
    answer.text.close()
    return answer


def text_of(*pieces):
    text = Text()
    for piece in pieces:
        text.add(piece)
    text.close()
    return str(text)


# Text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["\ud83d", "\ude00"], "😀"),
        (["a\ud83d", "", "\ude00b"], "a😀b"),
        (["\ud83d", "x"], "\ufffdx"),
        (["\ud83d"], "\ufffd"),
        (["\ud83d", "\ud83d", "\ude00"], "\ufffd😀"),
        (["\ude00\ud83d"], "\ufffd\ufffd"),
        (["a\0b"], "a\ufffdb"),
        (["a\r", "\nb"], "a\nb"),
        (["a\r", "b"], "a\nb"),
        (["a\r"], "a\n"),
        (["a\r\r\n\rb"], "a\n\n\nb"),
        (["é\r", "\n"], "é\n"),
        ([], ""),
    ],
)
def test_makes_what_no_store_takes_harmless(pieces, expected):
    assert text_of(*pieces) == expected


@given(ANYTHING, st.lists(st.integers(0, 40)))
def test_makes_the_same_text_of_any_cutting(text, cuts):
    marks = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert text_of(*(text[a:b] for a, b in pairwise(marks))) == clean(text)


@given(ANYTHING)
def test_makes_text_that_every_store_takes(text):
    cleaned = clean(text)
    cleaned.encode()
    assert not {"\0", "\r"} & set(cleaned)
    assert clean(cleaned) == cleaned


@given(st.lists(ANYTHING))
def test_never_takes_back_what_it_has_shown(pieces):
    text, shown = Text("before "), "before "
    for piece in pieces:
        text.add(piece)
        assert str(text).startswith(shown)
        shown = str(text)


def test_holds_back_half_a_character_and_calls_it_nothing_yet():
    text = Text()
    text.add("\ud83d")
    assert not text
    assert str(text) == ""


# Chunks


def test_adds_the_text_of_chunks_in_order():
    assert str(accumulated(chunk("Hel"), chunk("lo"), DONE).text) == "Hello"


def test_goes_on_after_the_text_that_is_there():
    assert str(accumulated(chunk(" world"), text="Hello").text) == "Hello world"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {}}]},
        {"choices": {"0": {}}},
        {"error": None},
        chunk(None),
        chunk(5),
        chunk(["x"]),
        chunk("", finish_reason=None),
        chunk("", finish_reason=5),
        {"usage": None},
        {"usage": "much"},
        None,
        [],
        "text",
        7,
    ],
    ids=repr,
)
def test_passes_over_a_chunk_without_text(odd):
    answer = accumulated(chunk("a"), odd, chunk("b"))
    assert (str(answer.text), answer.finish_reason, answer.usage, answer.ended) == ("ab", "", {}, False)


def test_takes_the_usage_of_a_last_chunk_without_choices():
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "details": {"cached": 1}}
    answer = accumulated(chunk("a", finish_reason="stop"), {"choices": [], "usage": usage}, DONE)
    assert answer.usage == {"prompt_tokens": 5, "completion_tokens": 7}


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
def test_knows_why_the_answer_finished(reason):
    assert accumulated(chunk("a"), chunk(None, finish_reason=reason)).finish_reason == reason


def test_keeps_no_longer_reason_than_its_column():
    assert len(accumulated(chunk("a", finish_reason="x" * 1000)).finish_reason) == 40


def test_keeps_nothing_beside_the_text_that_no_store_takes():
    odd = {"half \ud83d": 1, "nul\0": 2, "total_tokens": 10**30, "completion_tokens": "7"}
    answer = accumulated({**chunk("a", finish_reason="st\ud83do\0p"), "usage": odd})
    assert (answer.finish_reason, answer.usage) == ("st\ufffdo\ufffdp", {"completion_tokens": 7})


def test_takes_the_text_that_comes_with_the_reason_and_none_after_it():
    assert str(accumulated(chunk("a", finish_reason="stop"), chunk("b")).text) == "a"


def test_takes_nothing_after_done():
    answer = accumulated(
        chunk("a"), DONE, chunk("b", finish_reason="stop"), {"error": "late"}, DONE, {"usage": {"x": 1}}
    )
    assert (str(answer.text), answer.finish_reason, answer.usage, answer.ended) == ("a", "", {}, True)


@pytest.mark.parametrize("error", [{"message": "overloaded", "code": 529}, "overloaded"])
def test_raises_an_error_in_band_and_keeps_the_text(error):
    answer = Accumulator()
    answer.add(chunk("a"))
    with pytest.raises(InBandError, match="overloaded"):
        answer.add({"error": error})
    assert str(answer.text) == "a"
