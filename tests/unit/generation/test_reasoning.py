"""What is known of the thinking of a reply, and how long it took."""

import pytest

from parley.generation.accumulator import Accumulator
from parley.generation.prompt import Request
from parley.generation.writing import Writing
from parley.models import Message
from parley.provider import Provider

THOUGHT = {"reasoning_content": "Well."}
WORD = {"content": "So"}

PROVIDER = Provider("http://127.0.0.1:9/v1")


def writing(content="", **earlier):
    return Writing(Message(content=content, **earlier), PROVIDER, Request("m"), Accumulator(content))


def sent(writing, *moments):
    """``moments``: (seconds, deltas that come in one reading, …)."""
    for now, *deltas in moments:
        for delta in deltas:
            writing.answer.add({"choices": [{"delta": delta}]})
        writing.note_time(now)
    return writing.reasoning["reasoning_seconds"]


@pytest.mark.parametrize(
    ("moments", "seconds"),
    [
        ([(1, WORD), (9, WORD)], None),
        ([(1, THOUGHT), (4, THOUGHT), (6, WORD), (20, WORD)], 5),
        ([(1, THOUGHT), (31, WORD)], 30),
        ([(1, THOUGHT, WORD), (9, WORD)], 0),
        ([(1, THOUGHT), (8, THOUGHT)], 7),
        ([(1, THOUGHT), (3, WORD), (5, THOUGHT), (9, WORD)], 2),
        ([(1, {"content": "Well."}), (5, {"content": "\n</think>\n"}), (6, WORD), (9, WORD)], 5),
        ([(1, {"content": "<think>Well."}), (5, {"content": ".</think>"}), (6, WORD)], 5),
    ],
)
def test_takes_from_the_first_thought_to_the_first_word(moments, seconds):
    assert sent(writing(), *moments) == seconds


def test_goes_on_counting_when_an_answer_is_continued():
    continued = writing("It is", reasoning="Hm.", reasoning_seconds=4)
    assert sent(continued, (1, THOUGHT), (11, WORD), (12, WORD)) == 14
    assert continued.reasoning["reasoning"] == "Hm.\n\nWell."


def test_keeps_what_was_thought_when_a_continued_answer_thinks_no_more():
    continued = writing("It is", reasoning="Hm.", reasoning_seconds=4)
    assert sent(continued, (1, WORD), (2, WORD)) == 4
    assert continued.reasoning["reasoning"] == "Hm."


def test_counts_from_nothing_when_there_were_no_seconds():
    assert sent(writing("It is", reasoning="Hm."), (1, WORD)) is None
