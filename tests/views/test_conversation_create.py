import re
from uuid import uuid4

import pytest
from django.urls import reverse

from parley.models import Conversation, Message
from tests.views.attachments import attachment_of, file_of

URL = "/conversations/"

pytestmark = pytest.mark.django_db


def test_has_its_address():
    assert reverse("parley:conversation_create") == URL


def test_starts_a_conversation_of_the_one_who_asks(at_owner, owner):
    response = at_owner.post(URL, {"text": "What is a parley?"})
    conversation = Conversation.objects.get()
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()
    assert conversation.owner == owner


def test_writes_the_question_and_a_reply_that_waits(at_owner):
    at_owner.post(URL, {"text": "What is a parley?"})
    question, reply = Conversation.objects.get().transcript()
    assert (question.role, question.status, question.content) == ("user", "done", "What is a parley?")
    assert (reply.role, reply.status, reply.content) == ("assistant", "pending", "")
    assert reply.parent == question


def test_names_it_after_the_question_cut_at_a_word(at_owner):
    at_owner.post(URL, {"text": "Tell me\nabout " + "long " * 40 + "voyages"})
    title = Conversation.objects.get().title
    assert title.startswith("Tell me about long")
    assert len(title) <= 60
    assert title.rstrip("…").rstrip().endswith("long")


@pytest.mark.parametrize("text", ["", " ", "\n\t  \n", "\u2003", "x" * 32_001])
def test_refuses_nothing_and_too_much(at_owner, text):
    response = at_owner.post(URL, {"text": text})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert not Conversation.objects.exists()


def test_keeps_what_was_typed_when_it_is_too_much(at_owner):
    text = "<kept> " + "x" * 32_000
    assert "&lt;kept&gt; xxx" in at_owner.post(URL, {"text": text}).text


def test_has_a_limit_that_a_site_can_set(at_owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_QUESTION_LENGTH": 5}
    assert at_owner.post(URL, {"text": "123456"}).status_code == 422
    assert at_owner.post(URL, {"text": "12345"}).status_code == 303


def test_counts_a_line_break_once(at_owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MAX_QUESTION_LENGTH": 5}
    assert at_owner.post(URL, {"text": "12\r\n45"}).status_code == 303


def test_starts_one_conversation_when_a_form_comes_twice(at_owner):
    key = re.search(r'name="idempotency_key" value="([0-9a-f-]{36})"', at_owner.get("/").text)[1]
    first, second = (at_owner.post(URL, {"text": "hello", "idempotency_key": key}) for _ in range(2))
    assert first.url == second.url == Conversation.objects.get().get_absolute_url()
    assert Message.objects.count() == 2


def test_starts_two_conversations_with_two_forms(at_owner):
    for _ in range(2):
        key = re.search(r'name="idempotency_key" value="([0-9a-f-]{36})"', at_owner.get("/").text)[1]
        at_owner.post(URL, {"text": "hello", "idempotency_key": key})
    assert Conversation.objects.count() == 2


def test_leaves_no_file_out_whose_name_is_not_seen(at_owner):
    response = at_owner.post(URL, {"text": "What is in it?", "files": file_of("\u200b", b"The sea is salty.")})
    assert response.status_code == 303
    assert [row.name for row in Conversation.objects.get().transcript()[0].files] == ["File"]


def test_starts_with_files_alone_and_is_named_after_the_first(at_owner, owner):
    chosen = attachment_of(owner, name="Log book.txt")
    assert "Log book.txt" in at_owner.get("/").text
    response = at_owner.post(URL, {"text": "", "attachment": [chosen.pk], "files": file_of("more.txt")})
    conversation = Conversation.objects.get()
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    assert [row.name for row in conversation.transcript()[0].files] == ["Log book.txt", "more.txt"]
    assert conversation.title == "Log book.txt"
    assert 'name="attachment"' not in at_owner.get("/").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"text": "And this?", "files": file_of("bad.txt", b"")}, "“bad.txt” is empty."),
        ({"text": "And this?" * 4_000}, "This message has 36000 characters"),
        ({"text": "And this?", "preset": uuid4()}, "This preset was deleted."),
    ],
    ids=["file", "long", "preset"],
)
def test_keeps_its_files_when_it_is_refused(at_owner, owner, form, words):
    chosen = attachment_of(owner)
    response = at_owner.post(URL, {**form, "attachment": [chosen.pk]})
    assert response.status_code == 422
    assert words in response.text
    assert f'name="attachment" value="{chosen.pk}"' in response.text
    assert "And this?" in response.text
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("status", "words"), [("failed", "could not be read. Remove it, or try"), ("gone", "no longer")]
)
def test_says_which_file_cannot_be_sent(at_owner, owner, status, words):
    chosen = attachment_of(owner, status=status, error="unreadable" * (status == "failed"))
    response = at_owner.post(URL, {"text": "And this?", "attachment": [chosen.pk]})
    assert (response.status_code, words in response.text) == (422, True)
    assert not Conversation.objects.exists()
