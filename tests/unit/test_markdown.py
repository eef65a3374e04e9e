import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pygments.lexers.special import TextLexer

from parley.markdown import closed, highlighting, parse_open, render, wire
from tests.unit.elements import Elements, assert_harmless, text_of
from tests.unit.texts import ANSWERS, CODE, MARKDOWN, PAYLOADS, SIZES, SLOW, corpus, growing, slow, unhurried

IN_COLOUR = {
    "python": "def f(x): return 1",
    "js": "const f = (x) => 1;",
    "ts": "const f = (x: number): number => 1;",
    "html": '<p class="a">b</p>',
    "css": "p { color: red }",
    "json": '{"a": 1}',
    "yaml": "a: 1",
    "sql": "SELECT 1 FROM a;",
    "sh": 'echo "$HOME"',
    "bash": "for f in *; do echo $f; done",
    "go": "func f() int { return 1 }",
    "rust": "fn f() -> i32 { 1 }",
    "java": "class A { int f() { return 1; } }",
    "c": "int f(void) { return 1; }",
    "cpp": "auto f() -> int { return 1; }",
    "csharp": "class A { int F() => 1; }",
    "php": "function f(int $x) { return $x; }",
    "ruby": "def f = puts 1",
    "diff": "- a\n+ b",
    "dockerfile": "FROM python:3.12",
    "toml": "a = 1",
    "markdown": "# a\n\n**b**",
}
PLAIN = {"n", "p", "w", "x"}
"""Names, punctuation, whitespace, and what is not of the language."""


def streamed(text, sizes):
    """The blocks of a text that came in pieces: those that were finished on the way, and the rest."""
    finished, offset = [], 0
    for so_far in growing(text, sizes):
        parsed = parse_open(so_far[offset:])
        finished += parsed.finished
        offset += parsed.offset
    return finished + render(text[offset:])


# What it renders


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        (" \n\n", []),
        ("Hello", ["<p>Hello</p>"]),
        ("*a* **b** ~~c~~ `d`", ["<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>"]),
        ("# a\n\nb\n***", ["<h1>a</h1>", "<p>b</p>", "<hr>"]),
        ("3. a\n4. b", ['<ol start="3">\n<li>a</li>\n<li>b</li></ol>']),
        ("- [x] a", ['<ul>\n<li><span class="task">☑</span> a</li></ul>']),
        ("<div>\n*a*\n</div>", ['<p class="raw">&lt;div&gt;\n*a*\n&lt;/div&gt;</p>']),
        ("a <b>c</b>", ["<p>a &lt;b&gt;c&lt;/b&gt;</p>"]),
        ("**强调**文字", ["<p><strong>强调</strong>文字</p>"]),
    ],
)
def test_renders_the_flavour_of_github(text, blocks):
    assert render(text) == blocks


@pytest.mark.parametrize("kind", ["note", "tip", "important", "warning", "caution"])
def test_shows_an_alert_as_a_quotation_of_its_kind(kind):
    title = f'<p class="alert-title">{kind.title()}</p>'
    alert = f'<blockquote class="alert-{kind}">\n{title}\n<p>a <strong>b</strong></p></blockquote>'
    assert render(f"> [!{kind.upper()}]\n> a **b**\n\nc") == [alert, "<p>c</p>"]
    assert "[!" not in text_of("".join(streamed(f"> [!{kind.upper()}]\n> a\n\nb\n", [1])))


def test_opens_links_elsewhere_without_a_referrer():
    [block] = render("https://a.example/?a=1&b=2")
    assert 'href="https://a.example/?a=1&amp;b=2"' in block
    assert 'target="_blank"' in block
    assert 'rel="noopener noreferrer nofollow"' in block


def test_shows_an_image_as_a_link_to_it_that_tells_where_it_comes_from():
    [block] = render("![a *cat*](https://user:word@a.example:80/cat.png 'Tom')")
    assert 'href="https://user:word@a.example:80/cat.png"' in block
    assert 'class="image"' in block
    assert 'title="a.example"' in block
    assert ">a cat</a>" in block
    assert "<img" not in block


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![](https://a.example/cat.png)", "https://a.example/cat.png"),
        ("![ ](cat.png)", "cat.png"),
        ("![x](data:image/png;base64,AAAA)", "x"),
        ("![x](javascript:alert)", "x"),
        ('![a"&<b>](https://a.example/)', 'a"&<b>'),
        ('![x](https://a.example/"onclick=alert)', "x"),
    ],
)
def test_an_image_always_has_words(text, words):
    [block] = render(text)
    assert text_of(block) == words
    assert_harmless([block])


def test_an_image_inside_of_a_link_is_the_words_of_the_link():
    [block] = render(
        "[![build](https://a.example/b.svg) and ![](c.svg)](https://b.example) ![d](https://c.example/d.svg)"
    )
    assert block.count("<a ") == 2
    assert text_of(block) == "build and c.svg d"
    assert 'href="https://b.example"' in block
    assert "a.example" not in block


def test_highlights_code_of_a_known_language_and_changes_no_character_of_it():
    source = 'x = "<&>"  # 😀\n\n\n'
    [block] = render(f"```python\n{source}```")
    assert '<pre data-language="python">' in block
    assert '<span class="s2">' in block
    assert text_of(block) == source


@pytest.mark.parametrize("language", IN_COLOUR)
def test_highlights_code_of_every_usual_language(language):
    [block] = render(f"```{language}\n{IN_COLOUR[language]}\n```")
    assert set(re.findall('<span class="([a-z0-9]+)"', block)) - PLAIN
    assert text_of(block) == f"{IN_COLOUR[language]}\n"


def test_highlights_a_page_of_php_as_well():
    [block] = render("```php\n<p><?php echo $name; ?></p>\n```")
    assert '<span class="nv">$name</span>' in block
    assert text_of(block) == "<p><?php echo $name; ?></p>\n"


def test_leaves_code_of_an_unknown_language_plain():
    [block] = render("```klingon\na < b\n```")
    assert block.endswith("<code>a &lt; b\n</code></pre>")


# What it lets through


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "around", ["{}", "a {} b", "- {}", "> {}", "[{}](https://a.example)", "`{}`", "# {}", "```html\n{}\n```"]
)
def test_lets_nothing_through_that_could_run_or_load(around):
    for payload in PAYLOADS:
        assert_harmless(render(around.format(payload)))


@pytest.mark.exhaustive
def test_lets_nothing_through_while_it_is_written():
    for payload in PAYLOADS:
        for so_far in growing(payload[:100], [1]):
            parsed = parse_open(so_far)
            assert_harmless(closed(wire(block)) for block in (*parsed.finished, *parsed.opened))


@given(MARKDOWN)
def test_makes_one_harmless_element_of_every_block(text):
    assert_harmless(render(text))


@given(MARKDOWN)
def test_has_blocks_that_the_parser_can_close(text):
    for block in render(text):
        opened = wire(block)
        assert closed(opened) == closed(opened + "".join(block[len(opened) :].split()))


@pytest.mark.parametrize("name", ANSWERS)
def test_shows_every_word_of_an_answer(name):
    shown = text_of("".join(render(ANSWERS[name])))
    assert {word for word in re.findall(r"[^\W_]{3,}", ANSWERS[name]) if word not in shown} <= NOT_SHOWN


NOT_SHOWN = {"dockerfile", "python", "bash", "sql", "diff", "unknown", "language", "amp", "copy", "details", "summary"}
"""Names of languages, of characters and of tags."""


# While it is written


@pytest.mark.parametrize("name", ANSWERS)
@given(sizes=SIZES)
@example(sizes=[1])
@example(sizes=[10_000])
@unhurried()
def test_ends_in_the_same_blocks_however_an_answer_came(name, sizes):
    assert streamed(ANSWERS[name], sizes) == render(ANSWERS[name])


@given(MARKDOWN.filter(lambda text: "]:" not in text), SIZES)
@example("- a\n\n      b\n\n\n      c\n\n<div>\n", [1])
@example("- a\n\n      b\n\n\n      c\n\n<div>\n\n- d\n<b>\n", [40])
@unhurried()
def test_ends_in_the_same_blocks_however_any_text_came(text, sizes):
    assert streamed(text, sizes) == render(text)


@pytest.mark.exhaustive
@pytest.mark.parametrize("sizes", [[1], [3], [7, 2, 11], [40]], ids=str)
def test_ends_in_the_same_blocks_for_every_example_of_commonmark(sizes):
    for case in corpus("commonmark.json"):
        if "]:" not in case["markdown"]:
            assert streamed(case["markdown"], sizes) == render(case["markdown"]), case["example"]


@given(
    st.lists(
        st.sampled_from([case["markdown"] for case in corpus("commonmark.json")] or list(ANSWERS.values())), max_size=4
    ),
    SIZES,
)
def test_ends_in_the_same_blocks_for_examples_in_a_row(texts, sizes):
    text = "\n".join(text for text in texts if "]:" not in text)
    assert streamed(text, sizes) == render(text)


@pytest.mark.parametrize(
    ("text", "marker", "healed"),
    [
        ("See [the docs].\n\nMore.\n\n[the docs]: https://a.example/\n", "[the docs]", 'href="https://a.example/"'),
        ("A claim[^1].\n\nMore.\n\n[^1]: The source.\n", "[^1]", '<section class="footnotes">'),
    ],
)
def test_shows_references_as_text_until_the_whole_is_rendered(text, marker, healed):
    assert marker in streamed(text, [1])[0]
    whole = "".join(render(text))
    assert marker not in whole
    assert healed in whole


def test_finishes_blocks_on_the_way():
    parsed = parse_open(CODE)
    assert len(parsed.finished) > 5
    assert CODE[parsed.offset :].startswith("Done, see")


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("a", 0),
        ("a\n\n", 0),
        ("a\n\nb", 0),
        ("a\n\nb\n", 1),
        ("1. a\n\n2", 0),
        ("1. a\n\n2\n", 1),
        ("a\n\n```\nb\n\nc\n", 1),
    ],
)
def test_finishes_a_block_when_a_line_of_the_next_is_whole(text, finished):
    assert len(parse_open(text).finished) == finished


# What was made to be slow


def test_highlights_with_a_lexer_that_is_slow_the_first_time():
    class Slow(TextLexer):
        slow = True

        def get_tokens(self, text):
            until = time.thread_time() + 0.02 * self.slow
            while time.thread_time() < until:
                pass
            self.slow = False
            yield from super().get_tokens(text)

    lexer = Slow()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(highlighting, "HIGHLIGHTING_TIME", 0.01)
        patch.setattr(highlighting, "_lexer", lambda *_: lexer)
        html = '<pre><code class="language-new">a < b\n</code></pre>'
        assert highlighting.Highlighter().highlighted(html) == '<pre data-language="new"><code>a &lt; b\n</code></pre>'
        lexer.slow = True
        assert "a < b" in highlighting.Highlighter().highlighted(html)


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [20_000, 100_000, 250_000])
@pytest.mark.parametrize("name", SLOW)
def test_renders_what_was_made_to_be_slow(name, size):
    assert_quick(slow(name, size))


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "language", ["python", "javascript", "html", "bash", "sql", "rust", "cpp", "java", "perl", "ruby", "json", "yaml"]
)
@pytest.mark.parametrize("code", ["a ", "m{", "(", "'", "<a ", "$(", "a: ", "/a"])
def test_highlights_what_was_made_to_be_slow(language, code):
    assert_quick(f"```{language}\n{code * (10_000 // len(code))}\n```")


@pytest.mark.exhaustive
def test_all_code_of_a_text_has_one_time_to_be_highlighted_in():
    blocks = assert_quick(SLOW_FENCES)
    assert len(blocks) == 10
    assert [text_of(block) for block in blocks] == ["m{" * 5_000 + "\n"] * 10


def test_the_code_that_is_finished_while_a_text_is_written_has_one_time_too():
    assert_quick(f"{SLOW_FENCES}The end\n", lambda text: parse_open(text).finished)


SLOW_FENCES = f"```perl\n{'m{' * 5_000}\n```\n\n" * 10


def assert_quick(text, blocks_of=render):
    """Within 10 µs a character, or a second: four times what a machine takes that has nothing else to do."""
    started = time.thread_time()
    blocks = blocks_of(text)
    assert time.thread_time() - started < max(1, len(text) / 100_000)
    assert all(Elements(wire(block)).forbidden == [] for block in blocks[:50])
    return blocks


@pytest.mark.parametrize(
    "text", [*ANSWERS.values(), "```python\nx = 1\n```", "- a\n\n  ```python\n  def f(): ...\n  ```"]
)
def test_blocks_are_the_same_after_the_way_to_a_page(text):
    blocks = render(text)
    assert [closed(wire(html)) for html in blocks] == [closed(html) for html in blocks]
