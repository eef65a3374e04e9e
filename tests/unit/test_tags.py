"""The tags of HTML that models write: what they mean, and nothing else."""

from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.delivery.splice import Splicer
from parley.markdown import closed, render
from tests.unit.elements import assert_harmless, text_of
from tests.unit.test_markdown import streamed
from tests.unit.texts import PAYLOADS, SIZES, growing

DETAILS = "<details>\n<summary>More <b>of</b> *it*</summary>\n\n- a\n\n```\nb\n```\n\n</details>\n\nAfter.\n"
TAGS = [
    "<br>", "<br/>", "<br />", "<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "</kbd>", "<b>", "</b>", "<details>",
    "<details open>", "</details>", "<summary>", "</summary>", "\n<details>\n", "\n</details>\n", "<details><summary>",
    "\n<summary>a</summary>\n", "</summary>\n", "</details>\n", "<details ", "<summary", "<br onclick=a>", "<sub id=a>",
]  # fmt: skip
AMONG = [
    "a", " ", "\n", "\n\n", "**", "*", "_", "`", "```\n", "> ", "- ", "1. ", "    ", "[", "](b)", "$", "$$", "|", "# ",
    "\\", "[^1]", "[^1]: a\n", "| a | b |\n|---|---|\n", "<div>", "</div>\n", "<script>", "&lt;br&gt;",
    "https://a.example/", "\ufdd0A",
    "\ufdd3R",
]  # fmt: skip
TAGGED = st.lists(st.one_of(st.sampled_from(TAGS), st.sampled_from(AMONG)), max_size=25).map("".join)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a<br>b<br/>c<br />d", ["<p>a<br>b<br>c<br>d</p>"]),
        ("H<sub>2</sub>O, x<sup>2</sup>, <kbd>Ctrl</kbd>+<kbd>*C*</kbd>", [
            "<p>H<sub>2</sub>O, x<sup>2</sup>, <kbd>Ctrl</kbd>+<kbd><em>C</em></kbd></p>"
        ]),
        ("**Note:**<br>**<kbd>A</kbd>**", ["<p><strong>Note:</strong><br><strong><kbd>A</kbd></strong></p>"]),
        ("<br>\nA *word*", ["<p><br>\nA <em>word</em></p>"]),
        ("# a<br>b", ["<h1>a<br>b</h1>"]),
        (DETAILS, [
            "<details>\n<summary>More <strong>of</strong> <em>it</em></summary>\n<ul>\n<li>a</li>\n</ul>\n"
            "<pre><code>b\n</code></pre></details>",
            "<p>After.</p>",
        ]),
        ("<details><summary>a</summary>b</details>", ["<details><summary>a</summary><p>b</p></details>"]),
        ("<details open>\n<summary>a</summary>\nb\n</details>", [
            "<details>\n<summary>a</summary>\n<p>b</p></details>"
        ]),
        ("> <details>\n> a\n\nb", ["<blockquote>\n<details>\n<p>a</p></details></blockquote>", "<p>b</p>"]),
        ("a\n\n<details>\nb", ["<p>a</p>", "<details>\n<p>b</p></details>"]),
    ],
)  # fmt: skip
def test_shows_tags_as_what_they_mean(text, blocks):
    assert render(text) == blocks


def test_breaks_lines_in_the_cells_of_a_table():
    [table] = render("| a | b |\n|---|---|\n| one<br>two | https://a.example/<br>three |")
    assert "<td>one<br>two</td>" in table
    assert 'href="https://a.example/"' in table
    assert "<br>three</td>" in table


@pytest.mark.parametrize("tag", ["<br>", "<sub>", "</sub>", "<details>", "<summary>a</summary>", "</details>"])
@pytest.mark.parametrize("code", ["`{}`", "```\n{}\n```", "~~~html\nb\n{}\n~~~", "    {}", "- a\n\n  ```\n  {}\n  ```"])
def test_leaves_code_as_it_is(code, tag):
    assert tag in text_of("".join(render(code.format(tag))))


@pytest.mark.parametrize(
    "text",
    [
        "\\<br>", "&lt;br&gt;", "<br onclick=a>", "<sub id=a>", "<details class=a>", "</sub>", "</details>", "<b>a</b>",
        "<summary>a</summary>", "<details> is an element", "<script>", "<p>", "<div>\na<br>b\n</div>",
        "$\\nonsense<br>$",
    ],
)  # fmt: skip
def test_shows_all_other_tags_as_text(text):
    shown = text_of("".join(render(text)))
    assert shown == text.replace("&lt;", "<").replace("&gt;", ">").removeprefix("\\").strip("$")


def test_nests_no_deeper_than_it_must():
    [block] = render("<details>\n" * 1_000 + "a")
    assert block.count("<details>") == 10
    [block] = render("<sub>" * 1_000)
    assert block.count("<sub>") == 10
    assert text_of(block) == "<sub>" * 990


def test_keeps_a_footnote_out_of_what_is_not_closed():
    assert render("a[^1]\n\n<details>\n\n[^1]: b")[-1].startswith('<section class="footnotes">')


@given(TAGGED)
@example("</details>\n<details>\n</details>\n</details>")
@example("<details><summary>a</summary>b</details><details>")
def test_makes_one_harmless_element_of_every_block_of_tags(text):
    assert_harmless(render(text))


@given(TAGGED.filter(lambda text: "]:" not in text and "[^" not in text), SIZES)
@example(DETAILS, [1])
def test_ends_in_the_same_blocks_however_tags_came(text, sizes):
    assert streamed(text, sizes) == render(text)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "around", ["<details>\n<summary>{}</summary>\n{}\n</details>", "| <sub>{} |\n|--|\n| a<br>{} |"]
)
def test_is_whole_and_harmless_at_every_moment_of_what_tries_to_act(around):
    dice = Random(around)
    for payload in dice.sample(PAYLOADS, min(len(PAYLOADS), 60)):
        for blocks in moments(around.format(payload[:60], payload[:60]), [1]):
            assert_harmless(blocks)


def test_shows_no_tag_while_it_is_written():
    for blocks in moments(f"a<br>b<br />c H<sub>2</sub>O <kbd>d</kbd>\n\n{DETAILS}", [1]):
        assert "<" not in text_of("".join(blocks))


def moments(text, sizes):
    splicer = Splicer()
    for so_far in growing(text, sizes):
        splicer.advance(so_far)
        yield list(map(closed, splicer.blocks))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("me@example.com", "mailto:me@example.com"),
        ("https://a.example/b", "https://a.example/b"),
    ],
)
@pytest.mark.parametrize("part", ["<summary>{}</summary>", "<summary>s</summary>{}</details>"])
def test_keeps_addresses_beside_the_tags_of_a_collapsed_part(part, words, shown):
    (block,) = render(
        f"<details>\n{part.format(words)}\n" if "</det" not in part else f"<details>{part.format(words)}\n"
    )
    assert f'<a href="{shown}"' in block
    assert f">{words}</a>" in block
    assert_harmless([block])


def test_keeps_emphasis_beside_the_tags_of_a_collapsed_part():
    assert "<summary><em>a</em></summary>" in render("<details>\n<summary>_a_</summary>\n\nb\n\n</details>\n")[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b b=\ufdd0Z> a", "<p>&lt;b b=\ufffdZ&gt; a</p>"),
        ("###### \ufdd2\ufdd3Ra", "<h6>\ufffd\ufffdRa</h6>"),
        ("`b%20b=%EF%B7%90A` <br>", "<p><code>b%20b=%EF%B7%90A</code> <br></p>"),
    ],
)
def test_takes_nothing_that_was_typed_for_a_mark_of_its_own(text, shown):
    assert render(text) == [shown]


def test_keeps_an_address_that_ends_like_a_mark_of_its_own():
    (block,) = render("[a](https://a.example/b%20b=%EF%B7%90) *b*")
    assert block.endswith('rel="noopener noreferrer nofollow">a</a> <em>b</em></p>')


@pytest.mark.parametrize(
    "line", ["<details> <summary>x</summary>", "<details>  ", "<summary>x</summary>\t", "</details> "]
)
@pytest.mark.parametrize("code", ["```html\n{}\na\n```\n", "    {}\n    a\n"])
def test_keeps_the_spaces_beside_tags_in_code(code, line):
    assert text_of(render(code.format(line))[0]) == f"{line}\na\n"


def test_shows_no_spaces_beside_tags():
    (block,) = render("<details> \t<summary>a</summary>  \n\nb\n\n</details>  \n")
    assert "".join(block.split()) == "<details><summary>a</summary><p>b</p></details>"
