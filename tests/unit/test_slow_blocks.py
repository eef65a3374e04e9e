"""What is too slow falls back alone: code never does, and the blocks before and after stay as they are."""

import time

import pytest

from parley.delivery.splice import Splicer
from parley.markdown import closed, render, wire
from tests.unit.elements import text_of

LONG_LINES = {
    "a regular expression": "|".join(f"c{n}" for n in range(300)),
    "dollars": "$" * 5_000,
    "formulas": "\\(\\[" * 10_000,
    "ampersands": "&" * 40_000,
    "tags": "<b>" * 20_000,
    "quotations": ">" * 200,
    "the rule of a table": "|-" * 300 + "|",
}
SLOW_BLOCKS = {
    "a wide table": "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|b" * 300 + "|",
    "formulas that have no end": "\\(a " * 5_000,
    "formulas and code": "`a` \\[ " * 3_000,
    "quotations in quotations": "> " * 100 + "a",
    "references to footnotes": "[^1]" * 2_000,
    "a list of much": "- a\n" * 11_000,
    "entities": "**a** " + "&" * 30_000,
}


def around(block):
    return f"## Before\n\nA *word*, and [one][1].\n\n{block}\n\nAfter it, **more**.\n\n- the end\n\n[1]: /u\n"


@pytest.mark.exhaustive
@pytest.mark.parametrize("code", ["```\n{}\n```", "```python\n{}\n```", "1. a\n\n   ```\n   {}\n   ```", "    {}"])
@pytest.mark.parametrize("name", LONG_LINES)
def test_shows_every_line_of_code_as_code(name, code):
    heading, before, block, after, end = render(around(code.format(LONG_LINES[name])))
    assert f"{LONG_LINES[name]}\n" in text_of(block)
    assert "<pre" in block
    assert (heading, after) == ("<h2>Before</h2>", "<p>After it, <strong>more</strong>.</p>")
    assert "<em>word</em>" in before
    assert "<li>the end</li>" in end


@pytest.mark.parametrize("name", ["a regular expression", "dollars"])
def test_shows_long_lines_among_words_as_well(name):
    assert len(render(around(LONG_LINES[name]))) == 5


@pytest.mark.parametrize("name", SLOW_BLOCKS)
def test_shows_a_slow_block_as_it_was_typed_and_the_others_as_they_are(name):
    blocks = render(around(SLOW_BLOCKS[name]))
    quick = render(around("slow"))
    assert blocks[2].startswith('<p class="raw">')
    assert text_of(blocks[2]) == SLOW_BLOCKS[name].strip("\n")
    assert blocks[:2] + blocks[3:] == quick[:2] + quick[3:]


def test_shows_a_slow_block_beside_code_with_the_same_characters():
    fence = f"```\n{SLOW_BLOCKS['a wide table']}\n```"
    blocks = render(f"{fence}\n{SLOW_BLOCKS['a wide table']}\n{fence}")
    assert [block[:4] for block in blocks] == ["<pre", "<p c", "<pre"]
    assert {text_of(block).strip("\n") for block in blocks} == {SLOW_BLOCKS["a wide table"]}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SLOW_BLOCKS)
def test_takes_back_no_finished_block_while_a_slow_one_is_written(name):
    text, splicer = around(SLOW_BLOCKS[name]), Splicer()
    quick = [wire(block) for block in render("## Before\n\nA *word*, and [one][1].\n\nslow")[:2]]
    for end in range(60, len(text), len(text) // 8):
        splicer.advance(text[:end])
        assert splicer.blocks[:2] == quick
    splicer.advance(text)
    assert closed(splicer.blocks[2]).startswith('<p class="raw">')
    assert "".join(splicer.blocks[3:]).startswith("<p>After it, <strong>more")


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [*LONG_LINES, *SLOW_BLOCKS])
def test_takes_five_times_as_long_for_five_times_as_much(name):
    """Within ten times, for the smaller may be kept in caches that the larger is not."""
    assert grows_with(around({**LONG_LINES, **SLOW_BLOCKS}[name]))


def test_shows_thousands_of_slow_lines_in_no_more_than_ten_times_for_five_times_as_many():
    """Each is a block of its own, as the renderer without footnotes knows no block there."""
    assert grows_with("[^1]: a\n" * 2_000)


def grows_with(text):
    """Once in five times, for what runs beside it on the machine may slow down either."""
    return any(seconds(text * 5) < 0.02 + 10 * seconds(text) for _ in range(5))


def seconds(text):
    started = time.thread_time()
    render(text)
    return time.thread_time() - started
