import uuid

import pytest
from django.http import QueryDict

from parley.forms import CatchUpForm, QuestionForm
from parley.ids import uuid7
from parley.positions import MAX_FOLLOWED

REPLY = uuid.UUID("0191f0f0-0000-7000-8000-000000000001")


def text_of(text):
    form = QuestionForm({"text": text})
    return form.cleaned_data["text"] if form.is_valid() else None


@pytest.mark.parametrize("text", ["Hello", "  indented\n\n    code\n", "😀", "<b>", "0"])
def test_takes_a_question_as_it_was_typed(text):
    assert text_of(text) == text


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u3000\u00a0"])
def test_refuses_a_blank_question(text):
    form = QuestionForm({"text": text})
    assert form.errors["text"] == ["Write a message first."]


def test_has_a_limit_that_counts_characters(settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_QUESTION_LENGTH": 5}
    assert text_of("😀漢字éa") == "😀漢字éa"
    form = QuestionForm({"text": "123456"})
    assert form.errors["text"] == [
        "This message has 6 characters; at most 5 can be sent. Shorten it, or send it in parts."
    ]
    assert form["text"].value() == "123456"


def test_counts_the_end_of_a_line_once(settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_QUESTION_LENGTH": 3}
    assert text_of("a\r\nb") == "a\nb"


def test_makes_what_no_store_takes_harmless():
    assert text_of("a\ud83d") == "a\ufffd"


def catch_up(query):
    form = CatchUpForm(QueryDict(query))
    return form.cleaned_data if form.is_valid() else None


def test_reads_what_a_page_shows():
    asked = catch_up(f"conversation={REPLY}&version=7&follow={REPLY}@2-25")
    assert asked == {"conversation": REPLY, "version": 7, "follow": {REPLY: (2, 25)}}


def test_reads_a_page_without_a_conversation():
    assert catch_up("conversation=&version=0") == {"conversation": None, "version": 0, "follow": {}}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "version=x",
        "version=-1",
        "version=1&conversation=x",
        "version=1&follow=x",
        "version=1&follow=x@0",
        f"version=1&follow={REPLY}",
        f"version=1&follow={REPLY}@",
        f"version=1&follow={REPLY}@a-b",
        f"version=1&follow={REPLY}@1@2",
        f"version=1&follow={REPLY}@-1",
    ],
)
def test_refuses_nonsense(query):
    assert catch_up(query) is None


def test_follows_no_more_than_a_page_may():
    query = "&".join(["version=0", *(f"follow={uuid7()}@0" for _ in range(MAX_FOLLOWED + 5))])
    assert len(catch_up(query)["follow"]) == MAX_FOLLOWED
