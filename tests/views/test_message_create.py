import re
import uuid

import pytest
from django.db import transaction

from parley.models import Conversation, Message
from tests.views.conftest import TURBO, answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/messages/"


def send(client, url, text, **fields):
    return client.post(url, {"text": text, **fields}, headers={"accept": TURBO})


def test_writes_the_question_after_the_last_message(at_owner, url, conversation):
    send(at_owner, url, "And then?")
    _, answer, question, reply = conversation.transcript()
    assert question.parent == answer
    assert reply.parent == question
    assert (question.content, reply.status) == ("And then?", "pending")


def test_answers_with_turbo_streams(at_owner, url, conversation):
    response = send(at_owner, url, "And then?")
    _, _, question, reply = conversation.transcript()
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/vnd.turbo-stream.html")
    assert response.text.count('action="upsert"') == 3  # question, reply, and the row of the list
    assert "csrf" not in response.text  # the page sends its own token with every form, as with those of the feed
    assert f'data-message="{question.pk}"' in response.text
    assert f'data-message="{reply.pk}"' in response.text


def test_answers_with_what_is_new_alone(at_owner, url):
    response = send(at_owner, url, "And then?")
    assert "composer" not in response.text
    for tool in ("Answer again", "Copy as Markdown", "More for this message"):
        assert tool not in response.text
    assert len(response.content) <= 4_000


def test_redirects_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url, {"text": "And then?"})
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 32_001])
def test_refuses_nothing_and_too_much(at_owner, url, text):
    response = send(at_owner, url, text)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert 'id="composer"' in response.text
    assert text.strip()[:100] in response.text
    assert Message.objects.count() == 2


def test_keeps_a_question_as_it_was_typed(at_owner, url, conversation):
    send(at_owner, url, "<b>bold</b> & *so*")
    assert conversation.transcript()[2].content == "<b>bold</b> & *so*"
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; *so*" in at_owner.get(conversation.get_absolute_url()).text


def test_moves_the_conversation_to_the_top(at_owner, url, owner, conversation):
    other = answered(owner, "newer", "x")
    assert Conversation.objects.visible_to(owner).newest_first().first() == other
    send(at_owner, url, "And then?")
    assert Conversation.objects.visible_to(owner).newest_first().first() == conversation


@pytest.mark.django_db(transaction=True)
def test_rings_for_a_worker_only_after_the_commit(at_owner, url, empty_valkey):
    with empty_valkey.client() as client:
        with transaction.atomic():
            send(at_owner, url, "And then?")
            assert client.llen("celery") == 0
        assert client.llen("celery") == 1


@pytest.mark.django_db(transaction=True)
def test_rings_for_nobody_when_the_question_was_not_kept(at_owner, url, empty_valkey):
    with pytest.raises(RuntimeError), transaction.atomic():
        send(at_owner, url, "And then?")
        raise RuntimeError
    with empty_valkey.client() as client:
        assert client.llen("celery") == 0


def test_takes_few_queries(at_owner, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        send(at_owner, url, "And then?")


# The same form, sent again


def key_in(response):
    return re.search(r'name="idempotency_key" value="([0-9a-f-]{36})"', response.text)[1]


@pytest.mark.parametrize(
    "again", [send, lambda client, url, text, **fields: client.post(url, {"text": text, **fields})]
)
def test_asks_once_when_a_form_comes_twice(at_owner, url, conversation, again):
    key = key_in(at_owner.get(conversation.get_absolute_url()))
    send(at_owner, url, "And then?", idempotency_key=key)
    second = again(at_owner, url, "And then?", idempotency_key=key)
    assert second.status_code in (200, 303)
    assert [message.content for message in conversation.transcript()].count("And then?") == 1
    assert Message.objects.count() == 4


def test_shows_the_first_answer_when_a_form_comes_twice(at_owner, url, conversation):
    key = str(uuid.uuid4())
    send(at_owner, url, "And then?", idempotency_key=key)
    conversation.messages.filter(status="pending").update(status="done", content="The end.")
    again = send(at_owner, url, "And then?", idempotency_key=key)
    assert "The end." in again.text


def test_asks_twice_when_two_forms_say_the_same(at_owner, url, conversation):
    for _ in range(2):
        send(at_owner, url, "And then?", idempotency_key=key_in(at_owner.get(conversation.get_absolute_url())))
    assert Message.objects.count() == 6


def test_knows_the_keys_of_each_person_apart(at_owner, at_stranger, url, stranger):
    key, theirs = str(uuid.uuid4()), answered(stranger, "x", "y")
    send(at_owner, url, "mine", idempotency_key=key)
    send(at_stranger, f"/c/{theirs.pk}/messages/", "theirs", idempotency_key=key)
    assert [message.content for message in theirs.transcript()][2] == "theirs"


def test_refuses_a_key_that_is_none(at_owner, url):
    assert send(at_owner, url, "And then?", idempotency_key="nonsense").status_code == 422


# The last question, edited


def test_asks_in_place_of_the_question_that_is_edited(at_owner, url, conversation):
    question = conversation.transcript()[0]
    response = send(at_owner, url, "What is a treaty?", editing=question.pk)
    conversation.refresh_from_db()
    assert [message.content for message in conversation.transcript()] == ["What is a treaty?", ""]
    assert conversation.messages.count() == 4
    assert '<turbo-stream action="refresh">' in response.text


def test_edits_no_question_of_another_conversation(at_owner, at_stranger, url, owner, stranger):
    for other in (answered(owner, "x", "y"), answered(stranger, "x", "y")):
        assert send(at_owner, url, "And then?", editing=other.transcript()[0].pk).status_code == 404


def test_edits_no_answer(at_owner, url, conversation):
    assert send(at_owner, url, "And then?", editing=conversation.leaf().pk).status_code == 404
