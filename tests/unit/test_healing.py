"""What a reader sees of Markdown that is cut off: never its syntax."""

import time

import pytest

from parley.delivery.splice import Splicer, parse_unfinished
from parley.markdown import closed
from parley.markdown.healing import healed
from tests.unit.elements import text_of
from tests.unit.texts import SLOW, slow


def shown(text):
    """The text that a page shows at every moment of an answer that comes letter by letter."""
    splicer = Splicer()
    for end in range(1, len(text) + 1):
        splicer.advance(text[:end])
        yield text_of("".join(map(closed, splicer.blocks)))


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("*", "It is **very important** to stop.\n"),
        ("_", "It is __very important__ to stop.\n"),
        ("*", "It is *rather nice* to go.\n"),
        ("_", "It is _rather nice_ to go.\n"),
        ("*", "It is ***both of it*** and on.\n"),
        ("*", "It is *so **very** nice* to go.\n"),
        ("* _", "It is **so _very_ nice** to go.\n"),
        ("*", "**Note:** the *rest*.\n"),
        ("*", "It is **very\nimportant** to stop.\n"),
        ("* >", "> It is **very\n> important** to stop.\n"),
        ("`", "Call `print(1)` twice.\n"),
        ("* `", "Call **`print(1)`** twice.\n"),
        ("`", "Call `a*b*c` and `d_e` twice.\n"),
        ("[ ] ( : /", "See [the docs](https://a.example/x_y_z?a=1) for more.\n"),
        ('[ ] ( : / "', 'See [the docs](https://a.example/ "A title") for more.\n'),
        ("[ ] ( : /", "See [wiki](https://a.example/a_(b)) for more.\n"),
        ("[ ] ( : / < >", "See [docs](<https://a.example/a b>) for more.\n"),
        ("[ ] ( : / *", "See [**the** docs](https://a.example/) and **[more](https://b.example)** there.\n"),
        ("[ ] ( : / `", "See [`docs`](https://a.example/) for more.\n"),
        ("! [ ] ( : /", "See ![a cat](https://a.example/cat.png) there.\n"),
        ('! [ ] ( : / "', 'See ![a cat](https://a.example/cat.png "Tom") there.\n'),
        ("! [ ] ( : /", "See [![a cat](https://a.example/cat.png)](https://b.example) there.\n"),
        ("! [ ] ( : /", "![a cat](https://a.example/cat.png)\n\nThere.\n"),
        ("< >", "See <https://a.example/> there.\n"),
        ("` pyt", "Code:\n\n```python\nx = 1\n```\n\nDone.\n"),
        ("~ pyt", "Code:\n\n~~~python\nx = 1\n~~~\n\nDone.\n"),
        ("` pyt 1.", "1. Code:\n\n   ```python\n   x = 1\n   ```\n\n2. Done.\n"),
        ("` pyt -", "- Code:\n  ```python\n  x = 1\n  ```\n- Done.\n"),
        ("` pyt >", "> ```python\n> x = 1\n> ```\n\nDone.\n"),
        ("`", "Code:\n```\nx = 1\n```\nDone.\n"),
        ("```` md", "Code:\n````md\n```\nx = 1\n```\n````\nDone.\n"),
        ("| -", "A table:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nDone.\n"),
        ("| - * ` :", "| **a** | b |\n|:--|--:|\n| *1* | `2` |\n\nDone.\n"),
        ("| -", "A table\n| a | b |\n|---|---|\n| | 2 |\n|  | 2 |\n"),
        ("-", "a | b\n--|--\n1 | 2\n"),
        ("# *", "# One\n\nText\n\n## Two **bold**\n\n### Three\nText\n"),
        ("#", "# One #\n\nText\n"),
        ("= -", "One\n===\n\nTwo\n---\n\nText\n"),
        ("-", "A list:\n- one\n- two\n\nText\n"),
        ("*", "* one\n* two\n* three\n\nText\n"),
        ("+", "+ one\n+ two\n\nText\n"),
        ("- *", "- **one**: x\n- **two**: y\n* *z*\n\nText\n"),
        ("1 2", "1. one\n2. two\n10. ten\n\nText\n"),
        ("1 2 )", "1) one\n2) two\n\nText\n"),
        ("-", "- one\n  - two\n    - three\n      - four\n- five\n"),
        ("1 2 - .", "1. one\n   - two\n   - three\n2. four\n   1. five\n"),
        ("-", "- one\n\n  - two\n\n    para\n\n- five\n"),
        ("- [ ]", "- [ ] open\n- [x] closed\n  - [ ] inner\n"),
        ("* [ ]", "* [ ] open\n* [x] **closed**\n"),
        ("~", "It is ~~wrong~~ right.\n"),
        ("~ *", "It is ~~**wrong** so~~ right.\n"),
        ("~", "It is ~wrong~ right.\n"),
        ("~ *", "~So~ it is **not ~quite right~ at all**.\n"),
        ("> -", "> Quoted\n> text\n>> deep\n\n> - a\n> - b\n\nText\n"),
        ("- * _", "One\n\n---\n\nTwo\n\n***\n\nThree\n\n___\n\nFour\n\n- - -\n\nFive\n\n* * *\n\nSix\n"),
        ("$ ^ \\ {", "So\n\n$$\nx^2 + \\frac{1}{2}\n$$\n\nDone.\n"),
        ("$ ^ \\ {", "So $$x^2 + \\frac{1}{2}$$ done.\n"),
        ("[ ] ^ \\ {", "So\n\n\\[\nx^2 + \\frac{1}{2}\n\\]\n\nDone.\n"),
        ("( ) ^ \\ {", "So \\(x^2 + \\frac{1}{2}\\) done.\n"),
        ("$ ^ \\ {", "So $x^2 + \\frac{1}{2}$ done, and $a$ too.\n"),
        ("$ \\", "So $a + b = c + d + e + f + \\alpha$ done.\n"),
        ("$ ^", "So $-1$, $(a, b)$, $|x|$, $2x$ and $2^{10}$ too.\n"),
        ("\\", "Not \\*bold\\* at all, and\\\nbroken.\n"),
        ("&a &l ;", "A &amp; B &lt; C\n"),
    ],
)
def test_shows_no_syntax_at_any_moment(syntax, text):
    for moment in shown(text):
        assert [mark for mark in syntax.split() if mark in moment] == [], moment


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10 today, or $1,000.00 in all.",
        "Use $HOME and $PATH in the shell, where PATH=a.",
        "Set ${HOME}/bin before anything else, for it is long enough to be shown before it ends.",
        "As 5*3=15, 2 ** 3 is 8, and 1 * 2 * 3 too.",
        "A name like snake_case_name or a_b_c.",
        "AT&T and Q&A, R&D!",
        "List<int> and a < b && c > d; <div> too.",
        'Really? Yes! "Really!" (Really!) ok',
        "about ~5 minutes to ~10.",
        "In ~/.profile and ~/.bashrc, for ~5 or ~10.",
        "C:\\dir\\file and \\n and \\o/",
    ],
)
def test_takes_back_nothing_of_a_text_that_only_looks_like_syntax(text):
    before = ""
    for moment in shown(f"{text}\n"):
        assert moment.startswith(before.rstrip())
        before = moment
    assert before == text


def test_hides_nothing_behind_code_that_looks_like_maths():
    *_, last = shown("The `\\(` marker opens it, and more")
    assert last == "The \\( marker opens it, and more"


def test_holds_no_code_back():
    *_, last = shown("```\n| a | b |\n- c\n1. d\n#")
    assert last.strip() == "| a | b |\n- c\n1. d\n#"


# What was made to be slow

NEVER_CLOSED = [
    "](!![", "](![", "[](", "[](a(", "[a](b ", "[a](<b", "[a](b '", "[ a_", "[[a]", "![", "(", "[a]( ", "$", "$a",
    "$1 ", "`", "`a``", "~", "~~a ", "*a", "*a **b _", "\\(", "\\[a", "\\", "> ", "\n> *a", "\n- [ ] a", "|",
    "| a | b |\n", "|\n", "a\n", "&", "<", "<https:", "```\n", "1. ", " ", "\n",
]  # fmt: skip
ENDS = ["", " x y", "))", "] [", "](a) x", ' "a', "\n"]


@pytest.mark.parametrize("unit", NEVER_CLOSED, ids=repr)
def test_heals_in_no_time_and_in_no_more_than_five_times_for_five_times_as_much(unit):
    assert max(seconds(healed, made_slow(unit, 3_900) + end) for end in ENDS) < 0.1
    small, large = (seconds(healed, made_slow(unit, size)) for size in (20_000, 100_000))
    assert large < min(0.1, 0.01 + 10 * small)


@pytest.mark.exhaustive
@pytest.mark.parametrize("unit", NEVER_CLOSED, ids=repr)
def test_renders_a_moment_in_no_more_than_five_times_for_five_times_as_much(unit):
    small, large = (seconds(parse_unfinished, made_slow(unit, size)) for size in (20_000, 100_000))
    assert large < 0.05 + 10 * small


def made_slow(unit, size):
    return unit * (size // len(unit))


def seconds(does, text):
    """Of the processor, the better of two."""
    started = time.thread_time()
    does(text)
    half = time.thread_time()
    does(text)
    return min(half - started, time.thread_time() - half)


@pytest.mark.parametrize("name", SLOW)
def test_heals_what_was_made_to_be_slow(name):
    text = slow(name, 100_000)
    small, large = seconds(healed, text[:20_000]), seconds(healed, text)
    assert max(seconds(healed, text[:3_900] + end) for end in ENDS) < 0.1
    assert large < min(0.1, 0.01 + 10 * small)
