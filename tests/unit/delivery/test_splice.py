import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.delivery.splice import Splicer, changes, fold, fold_both
from parley.markdown import parse_open, render, wire
from tests.unit.texts import ANSWERS, MARKDOWN, SIZES, SLOW, growing, slow, unhurried

PAYLOADS = st.lists(
    st.lists(st.none() | st.integers(-3, 9) | st.text(st.sampled_from("a<>😀é"), max_size=4), max_size=7)
)
BLOCKS = st.lists(st.text(st.sampled_from("ab<>😀𠮷é"), max_size=8), max_size=5)


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def spliced(text, sizes):
    """The blocks of a splicer that was given a growing text, and the payloads it made."""
    splicer = Splicer()
    payloads = [splicer.advance(so_far) for so_far in growing(text, sizes)]
    return splicer, payloads


@pytest.mark.parametrize("name", ANSWERS)
@given(sizes=SIZES)
@example(sizes=[1])
@unhurried()
def test_tells_changes_that_fold_into_the_blocks_of_an_answer(name, sizes):
    splicer, payloads = spliced(ANSWERS[name], sizes)
    whole = [wire(html) for html in render(ANSWERS[name])]
    assert fold(payloads) == splicer.blocks
    assert splicer.blocks[:-1] == whole[:-1]


@pytest.mark.parametrize("then", ["", "B.", "Instead:\n\n- one\n- two\n\n" * 5, "A.\n\nOther"])
def test_tells_that_a_text_became_another(then):
    splicer, payloads = spliced("A.\n\nWell, *then*.\n\n- one\n- two", [3])
    payloads += [splicer.advance(then), splicer.advance(then + "!")]
    whole = Splicer()
    whole.advance(then + "!")
    assert fold(payloads) == splicer.blocks == whole.blocks


@given(MARKDOWN, SIZES)
def test_tells_changes_that_fold_into_its_blocks_for_any_text(text, sizes):
    splicer, payloads = spliced(text, sizes)
    assert fold(payloads) == splicer.blocks


@given(MARKDOWN.filter(lambda text: "]:" not in text), SIZES)
@unhurried()
def test_has_the_finished_blocks_of_the_text_so_far_at_any_moment(text, sizes):
    splicer = Splicer()
    for so_far in growing(text, sizes):
        splicer.advance(so_far)
        finished = parse_open(so_far).finished
        assert splicer.blocks[: len(finished)] == [wire(html) for html in finished]


@given(MARKDOWN, SIZES, st.integers(0, 100))
def test_tells_the_whole_for_who_comes_in_the_middle(text, sizes, moment):
    splicer, payloads = Splicer(), []
    for number, so_far in enumerate(growing(text, sizes)):
        payload = splicer.advance(so_far)
        payloads.append(splicer.whole() if number == moment else payload)
    assert fold(payloads[moment:], ["<p>wrong", "<p>and old"]) == splicer.blocks or moment >= len(payloads)


@given(BLOCKS, BLOCKS, st.integers(0, 3))
def test_makes_old_blocks_into_new_ones(old, new, first):
    before = ["<p>before"] * first
    assert fold([changes(old, new, first)], before + old) == before + new


@given(BLOCKS)
def test_says_nothing_where_nothing_changed(blocks):
    assert changes(blocks, blocks) == []
    assert fold([[]], blocks) == blocks


@pytest.mark.parametrize(
    ("old", "new", "payload"),
    [
        (["<p>a"], ["<p>ab"], ["b"]),
        (["<p>x", "<p>a"], ["<p>x", "<p>ab"], ["b"]),
        (["<p>a", "<p>x"], ["<p>ab", "<p>x"], [0, 4, "b"]),
        (["<p>a"], ["<p>b"], [0, 3, "b"]),
        (["<p>a"], ["<p>"], [0, 3, ""]),
        ([], ["<p>a"], [0, 0, "<p>a"]),
        (["<p>a"], ["<p>a", "<p>b"], [1, 0, "<p>b"]),
        (["<p>a"], ["<p>ab", "<p>c"], [0, 4, "b", 1, 0, "<p>c"]),
        (["<p>a", "<p>b", "<p>c"], ["<p>a"], [1, -1, ""]),
        (["<p>a", "<p>b"], ["<ul><li>a"], [0, 1, "ul><li>a", 1, -1, ""]),
        (["<p>a"], [], [0, -1, ""]),
        (["<p>a"], ["<p>a", ""], [1, 0, ""]),
    ],
)
def test_tells_the_smallest_change(old, new, payload):
    assert changes(old, new) == payload
    assert fold([payload], old) == new


@pytest.mark.parametrize("letter", ["a", "é", "漢", "😀", "👨‍👩‍👧‍👦"])
def test_counts_what_is_kept_in_units_of_utf16(letter):
    assert changes([f"<p>{letter}x", "<p>"], [f"<p>{letter}y", "<p>"]) == [0, 3 + utf16(letter), "y"]


def test_never_cuts_a_character_in_two():
    assert changes(["<p>😀", "<p>"], ["<p>😃", "<p>"]) == [0, 3, "😃"]


def test_numbers_blocks_from_the_first_that_is_given():
    assert changes(["<p>a", "<p>"], ["<p>ab", "<p>"], first=7) == [7, 4, "b"]
    assert changes(["<p>a"], ["<p>ab"], first=7) == ["b"]


def test_replaces_everything_by_the_whole():
    assert fold([[None, "<p>a", "<p>b"]], ["<p>x"]) == ["<p>a", "<p>b"]
    assert fold([[None]], ["<p>x"]) == []


@pytest.mark.parametrize("name", ANSWERS)
def test_costs_few_characters_for_each_of_the_answer(name):
    text = ANSWERS[name] * 10
    _, payloads = spliced(text, [20])
    sent = sum(len(str(part)) + 3 for payload in payloads for part in payload)
    assert sent < 5 * len(text)


def test_costs_the_same_for_each_character_of_a_long_answer():
    short, long = (
        sum(len(str(part)) for payload in spliced(ANSWERS["lists"] * times, [20])[1] for part in payload) / times
        for times in (2, 20)
    )
    assert long < 1.2 * short


@pytest.mark.parametrize("name", SLOW)
def test_follows_what_was_made_to_be_slow(name):
    text, splicer = slow(name, 20_000), Splicer()
    started = time.process_time()
    splicer.advance(text)
    splicer.advance(text + "a")
    assert time.process_time() - started < 4


@given(PAYLOADS)
def test_folds_whatever_a_log_may_hold(payloads):
    assert all(isinstance(html, str) for blocks in fold_both(payloads) for html in blocks)


@given(MARKDOWN, SIZES, st.integers(0, 20))
def test_folds_a_log_whose_beginning_is_missing(text, sizes, missing):
    _, payloads = spliced(text, sizes)
    fold(payloads[missing:])
