import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.titles import EXCERPT, cleaned, request_for

CLEANED = {
    "Sorting a list in Python": "Sorting a list in Python",
    "“Sorting a list”": "Sorting a list",
    '"Sorting a list".': "Sorting a list",
    "**Title:** Sorting a list": "Sorting a list",
    "**Title: Sorting a list**": "Sorting a list",
    "# Sorting *a* `list`\n\nHere is why: …": "Sorting a list",
    "\n\n- Sorting a list\n": "Sorting a list",
    "Titel: „Eine Liste sortieren“": "Eine Liste sortieren",
    "Conversation title: Sorting": "Sorting",
    "What is a parley?": "What is a parley?",
    "Learning C#": "Learning C#",
    "Sorting a list (Python)": "Sorting a list (Python)",
    "Using snake_case names": "Using snake_case names",
    'What the word "parley" means': 'What the word "parley" means',
    '"What the word': "What the word",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "a\u202eb\u200bc\x07d\ufeff": "abcd",
    "می\u200cخواهم": "می\u200cخواهم",
    "a\tb\u00a0 c": "a b c",
    "word " * 40: "word word word word word word word word word word word word…",
    "x" * 500: "x" * 59 + "…",
    "": "",
    " \n\n ** \n “” ": "",
    "\x00\x00": "",
}


@pytest.mark.parametrize("text", CLEANED, ids=lambda text: repr(text[:20]))
def test_makes_a_title_of_what_a_model_wrote(text):
    assert cleaned(text) == CLEANED[text]


@given(st.text())
def test_makes_a_short_line_of_anything(text):
    title = cleaned(text)
    assert len(title) <= 60
    assert title == title.strip()
    assert not set(title) & set("\n\r\t\0\u202e")


def test_asks_about_no_more_than_the_beginnings():
    [message] = request_for("m", "q" * 100_000, "a" * 100_000).messages
    assert message["content"].count("q" * EXCERPT) == message["content"].count("a" * EXCERPT) == 1
    assert len(message["content"]) < 2 * EXCERPT + 500
