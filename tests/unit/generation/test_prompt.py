import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.prompt import Turn
from parley.generation.prompt import build as build_of_turns

BIG = 1_000_000
SHORT = ("user", "done", "x")


def build(instructions, turns, **chosen):
    return build_of_turns(instructions, [Turn(*turn) for turn in turns], **chosen)


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


CUT = "some text\n\n[This answer was cut off.]"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("done", ["q1", "some text", "q2"]),
        ("stopped", ["q1", CUT, "q2"]),
        ("interrupted", ["q1", CUT, "q2"]),
        ("failed", ["q1", CUT, "q2"]),
        ("pending", ["q1\n\nq2"]),
        ("streaming", ["q1\n\nq2"]),
    ],
)
def test_sends_what_people_have_read_and_says_where_it_was_cut_off(status, answer):
    prompt = build("", [("user", "done", "q1"), ("assistant", status, "some text"), ("user", "done", "q2")], window=BIG)
    assert contents(prompt) == answer


def test_joins_questions_that_were_not_answered():
    turns = [("user", "done", "q1"), ("assistant", "failed", ""), ("user", "done", "q2"), ("assistant", "done", "a")]
    prompt = build("", [*turns, ("user", "done", "q3"), ("user", "done", "q4")], window=BIG)
    assert prompt.messages == [
        {"role": "user", "content": "q1\n\nq2"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "q3\n\nq4"},
    ]


def test_drops_the_oldest_of_joined_questions_that_do_not_fit():
    prompt = build("", [("user", "done", letter * 300) for letter in "abcd"], window=320)
    assert contents(prompt) == ["c" * 300 + "\n\n" + "d" * 300]
    assert prompt.left_out == 2


def test_begins_and_ends_with_the_person_where_an_import_does_not():
    turns = [
        ("assistant", "done", "Hello."),
        ("user", "done", "q"),
        ("assistant", "done", "a"),
        ("assistant", "done", "b"),
    ]
    assert [message["role"] for message in build("", turns, window=BIG).messages] == ["user", "assistant"] * 2 + [
        "user"
    ]
    assert "a\n\nb" in contents(build("", turns, window=BIG))


def test_keeps_the_text_to_go_on_after_to_the_letter():
    turns = [SHORT, ("assistant", "done", "before")]
    assert build("", turns, window=BIG, begun=" Once ").messages[-1] == {"role": "assistant", "content": " Once "}
    assert [message["role"] for message in build("", [], window=BIG, begun="Once").messages] == ["user", "assistant"]


ANY_TURNS = st.lists(
    st.tuples(
        st.sampled_from(["user", "assistant"]),
        st.sampled_from(["done", "stopped", "interrupted", "failed", "pending", "streaming"]),
        st.sampled_from(["", " \n", "a", "b " * 100]),
    ),
    max_size=12,
)


@given(ANY_TURNS, st.integers(0, 400), st.sampled_from(["", "begun"]), st.sampled_from(["", "Be brief."]))
def test_takes_turns_whatever_the_history_is(turns, window, begun, instructions):
    messages = build(instructions, turns, window=window, begun=begun).messages
    if instructions:
        assert messages.pop(0)["role"] == "system"
    roles = [message["role"] for message in messages]
    assert roles == ["user" if number % 2 == 0 else "assistant" for number in range(len(roles))]
    assert (roles[-1:] == ["assistant"]) == bool(begun)
    assert all(message["content"].strip() for message in messages)


def test_leaves_out_what_has_no_text():
    prompt = build("", [("user", "done", "q1"), ("assistant", "stopped", " \n"), ("user", "done", "q2")], window=BIG)
    assert contents(prompt) == ["q1\n\nq2"]
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
    turns = turns[: len(turns) - 1 | 1]
    prompt = build("", turns, window=window)
    kept = contents(prompt)
    assert kept == [content for _, _, content in turns[prompt.left_out :]]
    assert kept
    assert len(kept) == 1 or sum(len(word.encode()) for word in kept) / 4 <= window
