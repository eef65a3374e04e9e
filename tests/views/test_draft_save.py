from uuid import uuid4

import pytest

from parley.models import Draft

URL = "/draft/"

pytestmark = pytest.mark.django_db


def save(client, text, conversation=None):
    return client.post(URL, {"text": text, "conversation": str(conversation.pk) if conversation else ""})


def test_is_in_the_composer_of_the_next_page(at_owner, conversation):
    assert save(at_owner, "To be", conversation).status_code == 204
    assert "To be</textarea>" in at_owner.get(conversation.get_absolute_url()).text
    assert "To be</textarea>" not in at_owner.get("/").text


def test_keeps_one_for_the_next_new_conversation(at_owner):
    save(at_owner, "or not")
    save(at_owner, "or not to be")
    assert "or not to be</textarea>" in at_owner.get("/").text
    assert Draft.objects.count() == 1


def test_is_nobody_elses(at_owner, at_stranger):
    save(at_owner, "or not to be")
    assert "not to be" not in at_stranger.get("/").text


def test_is_gone_when_it_was_sent_or_emptied(at_owner, conversation):
    save(at_owner, "To be", conversation)
    at_owner.post(f"/c/{conversation.pk}/messages/", {"text": "To be", "idempotency_key": uuid4()})
    assert not Draft.objects.exists()
    save(at_owner, "or not", conversation)
    save(at_owner, " ", conversation)
    assert not Draft.objects.exists()


def test_stays_when_an_earlier_question_is_edited(at_owner, conversation):
    save(at_owner, "half typed", conversation)
    edited = {"editing": conversation.transcript()[0].pk, "idempotency_key": uuid4()}
    for _ in range(2):  # The second time is a second click.
        at_owner.post(f"/c/{conversation.pk}/messages/", {"text": "Better asked", **edited})
        assert Draft.objects.get().text == "half typed"


def test_refuses_nonsense(at_owner):
    assert at_owner.post(URL, {"text": "x", "conversation": "nonsense"}).status_code == 400
