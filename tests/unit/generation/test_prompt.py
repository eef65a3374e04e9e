import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.prompt import build

BIG = 1_000_000
SHORT = ("user", "done", "x")


def contents(prompt):
    return [message["content"] for message in prompt.messages]


def history(*words):
    """Questions and answers in turn, the last a question."""
    return [("user" if i % 2 == 0 else "assistant", "done", word) for i, word in enumerate(words)]


def test_puts_the_system_prompt_first_and_the_history_in_order():
    prompt = build("Be brief.", history("q1", "a1", "q2"), window=BIG)
    assert prompt.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "q1"},
        {"role": "assistant", "content": "a1"},
        {"role": "user", "content": "q2"},
    ]
    assert prompt.left_out == 0


@pytest.mark.parametrize("instructions", ["", "  \n"])
def test_has_no_system_prompt_where_there_are_no_instructions(instructions):
    assert build(instructions, [SHORT], window=BIG).messages == [{"role": "user", "content": "x"}]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("done", True),
        ("stopped", True),
        ("pending", False),
        ("streaming", False),
        ("failed", False),
        ("interrupted", False),
    ],
)
def test_sends_only_history_that_is_finished(status, said):
    prompt = build("", [("user", "done", "q1"), ("assistant", status, "some text"), ("user", "done", "q2")], window=BIG)
    assert contents(prompt) == ["q1", *(["some text"] if said else []), "q2"]


def test_leaves_out_what_has_no_text():
    prompt = build("", [("user", "done", "q1"), ("assistant", "stopped", " \n"), ("user", "done", "q2")], window=BIG)
    assert contents(prompt) == ["q1", "q2"]
    assert prompt.left_out == 0


def test_ends_with_the_text_to_go_on_after():
    assert build("", [SHORT], window=BIG, begun="Once upon").messages[-1] == {
        "role": "assistant",
        "content": "Once upon",
    }


def test_leaves_out_the_oldest_first_and_says_how_many():
    prompt = build("", history(*(word * 300 for word in "abcde")), window=500)
    assert contents(prompt) == [word * 300 for word in "cde"]
    assert prompt.left_out == 2


def test_begins_with_a_question_when_something_was_left_out():
    prompt = build("", history(*(word * 300 for word in "abcde")), window=620)
    assert prompt.messages[0]["role"] == "user"
    assert prompt.left_out == 2


@pytest.mark.parametrize("window", [0, 1, 100])
def test_keeps_the_system_prompt_and_the_last_question_whatever_their_size(window):
    prompt = build("Rules. " * 500, history("q1", "a1", "q2 " * 5000), window=window)
    assert contents(prompt) == ["Rules. " * 500, "q2 " * 5000]
    assert prompt.left_out == 2


def test_counts_the_text_to_go_on_after():
    turns = history("a" * 300, "b" * 300, "c" * 300)
    assert build("", turns, window=500).left_out == 0
    assert build("", turns, window=500, begun="d" * 300).left_out == 2


def test_counts_bytes_because_other_scripts_have_more_tokens():
    assert build("", history("a" * 300, "b", "c"), window=200).left_out == 0
    assert build("", history("漢" * 300, "b", "c"), window=200).left_out == 2


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200), min_size=1),
    st.integers(0, 400),
)
def test_keeps_an_unbroken_end_of_the_history_that_fits(words, window):
    turns = history(*(word for word in words if word.strip())) or [SHORT]
    prompt = build("", turns, window=window)
    kept = contents(prompt)
    assert kept == [content for _, _, content in turns[prompt.left_out :]]
    assert kept
    assert len(kept) == 1 or sum(len(word.encode()) for word in kept) / 4 <= window
