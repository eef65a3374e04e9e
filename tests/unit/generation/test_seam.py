import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.generation.accumulator import Accumulator
from parley.generation.seam import LONGEST_REPETITION, repeated

BEFORE = "The quick brown fox jumps over the la"


def gone_on(before, *blocks):
    answer = Accumulator(before)
    for block in blocks:
        answer.add({"choices": [{"delta": {"content": block}}]})
    answer.close()
    return str(answer.text)


@pytest.mark.parametrize(
    "blocks",
    [
        ["zy dog."],
        ["over the lazy dog."],
        ["…jumps over the lazy dog."],
        ["\n\nfox ", "jumps", " over the", " la", "zy", " dog."],
        [*BEFORE, "zy dog."],
        [BEFORE, "zy dog."],
        ["...", "jumps over the la", "zy dog."],
    ],
)
def test_cuts_out_what_is_said_again(blocks):
    assert gone_on(BEFORE, *blocks) == "The quick brown fox jumps over the lazy dog."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1000", "000"),
        ("ha ha ha ha ha ", "ha ha ha ha ha "),
        ("| 0 | 0 | 0 |\n", "| 0 | 0 | 0 |\n"),
        ("if x:\n            ", "            return"),
        ("Once upon the ti", "the time"),
        ("a word", " and a word"),
        ("Wait", "... what?"),
        ("text", "   "),
        ("The end of it all.", ""),
        ("<tr>\n    <td>Cell</td>\n", "    <td>Cell</td>\n</tr>"),
        ("<tr>\n    <td>Cell</td>", "\n    <td>Cell</td>\n</tr>"),
        ("- [ ] Buy milk\n- [ ] Buy milk", "\n- [ ] Buy milk"),
        ("Row, row, row your boat\n", "Row, row, row your boat\nGently down the stream"),
        ('[{"name": "none"}, {"name": "none"}, ', '{"name": "none"}, {"name": "one"}]'),
        ('{"name": "none"}, {"name": "none"}, ', '{"name": "none"}, {"name": "none"}, {"name": "one"}'),
    ],
)
def test_keeps_what_may_well_come_twice(before, after):
    assert gone_on(before, after) == before + after


def test_knows_a_repetition_in_a_script_without_spaces():
    before = "今日はとても良い天気ですから散歩に"
    assert gone_on(before, "天気ですから散歩に行きます。") == "今日はとても良い天気ですから散歩に行きます。"


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("The function calls the function", "function again.", "The function calls the function again."),
        ("The function calls the function", "… the function again.", "The function calls the function again."),
        ("x = 1\ny = 2\nname = fo", "y = 2\nname = foo\n", "x = 1\ny = 2\nname = foo\n"),
        ("def f():\n    return 1\n", "def f():\n    return 1\n\n", "def f():\n    return 1\n\n"),
    ],
)
def test_cuts_out_what_nobody_writes_twice(before, after, whole):
    assert gone_on(before, after) == whole


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("So:\n```python\nx = 1\n", "```python\ny = 2\n```", "So:\n```python\nx = 1\ny = 2\n```"),
        ("~~~c\nint a", "\n~~~c\nint a, b;\n~~~", "~~~c\nint aint a, b;\n~~~"),
        ("```c\nint number = ", "```c\nint number = 1;\n", "```c\nint number = 1;\n"),
        ("```c\nx\n```\n\nThen:\n\n", "```c\ny\n```", "```c\nx\n```\n\nThen:\n\n```c\ny\n```"),
        ("```markdown\n", "```markdown\nx\n", "```markdown\n```markdown\nx\n"),
        ("```c\nx\n", "```\nSo.", "```c\nx\n```\nSo."),
        ("```c\nx\n", "```cpp\ny\n", "```c\nx\n```cpp\ny\n"),
        ("````c\n```\nx\n", "````c\ny\n", "````c\n```\nx\ny\n"),
        ("So:\n```c", "```c\ny\n", "So:\n```c```c\ny\n"),
    ],
)
def test_opens_no_block_of_code_that_is_open(before, after, whole):
    assert {gone_on(before, after), gone_on(before, *after)} == {whole}


def test_says_at_once_what_is_new():
    answer = Accumulator(BEFORE)
    answer.add({"choices": [{"delta": {"content": "zy"}}]})
    assert str(answer.text) == f"{BEFORE}zy"


def test_ends_a_repetition_that_stays_one():
    assert gone_on(BEFORE, "jumps over the la") == BEFORE


TEXTS = st.text("abcdefg \n.", max_size=60)


@given(TEXTS.filter(bool), st.lists(TEXTS, max_size=6))
def test_loses_nothing_but_what_is_there_already(before, blocks):
    whole, after = gone_on(before, *blocks), "".join(blocks)
    assert whole == before + after[repeated(before, after) :]
    cut = after[: repeated(before, after)]
    assert before.endswith(cut.lstrip(" \t\r\n….")) or not cut


def test_looks_at_a_bounded_end():
    long = "abcdefgh" * 10_000
    assert repeated(long, long) <= LONGEST_REPETITION
