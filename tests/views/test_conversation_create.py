import re

import pytest
from django.urls import reverse

from parley.models import Conversation, Message

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
