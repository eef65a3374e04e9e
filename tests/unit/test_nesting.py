"""A document in a fence, with code in fences in it: the outer one holds, at every moment."""

import pytest

from parley.delivery.splice import Splicer
from parley.markdown import closed, render
from parley.markdown.nesting import with_nested_fences
from tests.unit.elements import text_of
from tests.unit.test_markdown import streamed

INNER = "# A\n\n- **b**\n\n```python\nx = 1\n```\n\nand\n\n```sh\nls\n```\n\nThe *end*\n"
DOCUMENT = f"Here:\n\n```markdown\n{INNER}```\n\nAfter **it**.\n"


@pytest.mark.parametrize("language", ["markdown", "md"])
def test_the_outer_fence_holds(language):
    before, document, after = render(DOCUMENT.replace("markdown", language))
    assert (before, after) == ("<p>Here:</p>", "<p>After <strong>it</strong>.</p>")
    assert text_of(document) == INNER


def test_the_outer_fence_holds_at_every_moment():
    splicer = Splicer()
    for end in range(DOCUMENT.index("# A") + 1, DOCUMENT.index("After")):
        splicer.advance(DOCUMENT[:end])
        assert len(splicer.blocks) == 2
        shown = text_of(closed(splicer.blocks[1])).strip("\n")
        assert INNER.startswith(shown), "Nothing is closed or added in code"
    assert streamed(DOCUMENT, [1]) == render(DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "```markdown\n# a\n```\n\nb\n\n```python\nc\n```",
        "````markdown\n```python\na\n```\n````\n\nb",
        "```python\n```markdown\n```\n\n```\na\n```",
        "~~~\n```markdown\n```python\n```\n~~~\n\n```\na\n```",
        "```\n```markdown\n```py\n```\n```\n",
        "a ```markdown``` b",
    ],
)
def test_changes_nothing_of_other_fences(text):
    assert with_nested_fences(text) == text


def test_keeps_a_longer_fence_inside():
    text = "```md\n````py\na\n````\nb\n```\nc"
    assert with_nested_fences(text) == "`````md\n````py\na\n````\nb\n`````\nc"


def test_a_document_that_has_no_end_goes_on():
    [document] = render("```markdown\n```python\na\n```\n\nb **c**\n")
    assert text_of(document) == "```python\na\n```\n\nb **c**\n"
