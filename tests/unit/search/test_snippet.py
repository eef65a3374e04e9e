import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.search.query import Query, parse
from parley.search.snippet import LENGTH, marked, snippet

FILLING = "one two three four five six seven eight nine ten " * 20


def shown(text, typed):
    return str(snippet(text, parse(typed)))


def test_marks_what_was_found_and_escapes_everything():
    assert shown("<b>Salt</b> & salty", "salt") == ("&lt;b&gt;<mark>Salt</mark>&lt;/b&gt; &amp; <mark>salty</mark>")


def test_shows_the_place_where_most_of_it_is():
    text = f"needle {FILLING} a needle and a thread {FILLING} thread"
    assert "a <mark>needle</mark> and a <mark>thread</mark>" in shown(text, "thread needle")
    assert shown(text, "thread needle").startswith("… ")
    assert shown(text, "thread needle").endswith(" …")


def test_marks_phrases_as_one_and_only_there():
    assert shown("sea is the sea is salty", '"sea is sal') == "sea is the <mark>sea is salty</mark>"


@pytest.mark.parametrize("text", ["x" * 10_000, "needle" + "x" * 10_000, "北京" * 5_000, FILLING * 5])
def test_is_never_long(text):
    assert len(re.sub("<[^>]+>", "", shown(text, "needle 北京"))) <= LENGTH + 4


def test_begins_with_the_text_when_nothing_is_found():
    assert shown("A short text.", "needle") == "A short text."


def test_is_one_line_without_marks_of_markdown():
    assert shown("# Salt\n\n**The** `sea`\nis   salty", "sea") == "Salt The <mark>sea</mark> is salty"


def test_marks_within_accents_and_scripts():
    assert shown("Žluťoučký kůň", "kun") == "Žluťoučký <mark>kůň</mark>"
    assert shown("我喜欢北京烤鸭", "北京") == "我喜欢<mark>北京</mark>烤鸭"


def test_marks_a_whole_title():
    assert str(marked("Salt & " + FILLING, parse("salt"))).startswith("<mark>Salt</mark> &amp; one")


@given(st.text(alphabet="<>&\"'ab \n*`北é\u0301", max_size=400), st.text(alphabet="<>&\"'ab 北é", max_size=20))
def test_holds_no_html_but_its_own(text, typed):
    rest = re.sub(r"</?mark>|&(amp|lt|gt|quot|#x27);", "", shown(text, typed))
    assert not set(rest) & set("<>&\"'")


def test_a_long_text_and_many_words_cost_little():
    text = "word " * 19_000 + "a b c d e f g"
    query = parse("a b c d e f g " * 12)
    calls = 0

    class Counted(Query):
        def ends_with(self, phrase, spoken):
            nonlocal calls
            calls += 1
            return super().ends_with(phrase, spoken)

    assert "<mark>a</mark>" in snippet(text, Counted(query.phrases, query.open))
    assert calls < 1_000
