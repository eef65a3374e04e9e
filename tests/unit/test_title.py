import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.models.conversation import TITLE_LENGTH, title_from


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Hello", "Hello"),
        ("  several\n\n lines\tof   text ", "several lines of text"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("word " * 20, "word " * 11 + "word…"),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_is_the_beginning_of_the_question(question, title):
    assert title_from(question) == title.strip()


def test_is_cut_at_a_word():
    title = title_from("Please explain to me in simple words how photosynthesis works in desert plants")
    assert title == "Please explain to me in simple words how photosynthesis…"


@given(st.text(min_size=1, max_size=200))
def test_fits_in_its_line(question):
    title = title_from(question)
    assert len(title) <= TITLE_LENGTH
    assert "\n" not in title
    assert bool(title) == bool(question.strip())


@given(st.lists(st.text(st.sampled_from("abé漢"), min_size=1, max_size=20), min_size=4, max_size=30))
def test_keeps_whole_words_of_the_question(words):
    title = title_from(" ".join(words))
    assert " ".join(words).startswith(title.rstrip("…"))
    assert set(title.rstrip("…").split()) <= set(words)


def test_counts_characters_that_combine():
    assert len(title_from("x\u0323" * 60)) <= TITLE_LENGTH
