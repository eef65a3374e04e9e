from decimal import Decimal

import pytest

from parley.models import Call, Conversation, Message

pytestmark = pytest.mark.django_db

ADD = "/admin/parley/message/add/"


@pytest.fixture
def add(admin_client, conversation):
    """A function that adds a message to the owner's conversation, as an administrator, by the form of the admin."""

    def post(content, **chosen):
        fields = {"conversation": conversation.pk, "parent": "", "role": "assistant", "status": "done", "usage": "{}"}
        response = admin_client.post(ADD, {**fields, "content": content, **chosen})
        assert response.status_code == 302, response.context["errors"]
        return Message.objects.get(content=content)

    return post


def test_a_message_without_a_parent_follows_what_is_shown(add, at_owner, conversation):
    message = add("A word from the house.")
    assert conversation.transcript()[-1] == message
    page = at_owner.get(conversation.get_absolute_url()).text
    assert page.index("A talk between <em>enemies</em>.") < page.index("A word from the house.")


def test_a_message_has_the_parent_that_was_chosen(add, conversation):
    question = conversation.transcript()[0]
    assert add("Another answer.", parent=question.pk).parent == question


def test_the_first_message_of_a_conversation_has_no_parent(add, owner):
    empty = Conversation.objects.create(owner=owner, title="Empty")
    add("A word of welcome.", conversation=empty.pk)
    assert [message.parent for message in empty.transcript()] == [None]


def test_calls_can_be_read_and_nothing_else(admin_client, conversation, owner):
    reply = conversation.transcript()[1]
    call = Call.objects.create(owner=owner, reply_id=reply.pk, attempt=1, model="fake-1", outcome="done", cost="0.5")
    page = admin_client.get("/admin/parley/call/").text
    assert "fake-1" in page
    assert "0.50000000" in page
    assert admin_client.get("/admin/parley/call/add/").status_code == 403
    assert admin_client.get(f"/admin/parley/call/{call.pk}/change/").status_code == 200
    assert admin_client.post(f"/admin/parley/call/{call.pk}/change/", {"cost": "0"}).status_code == 403
    assert admin_client.post(f"/admin/parley/call/{call.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Call.objects.get().cost == Decimal("0.5")


def test_calls_do_not_keep_a_person_from_being_deleted(admin_client, owner):
    Call.objects.create(owner=owner, attempt=1, model="fake-1", outcome="done")
    assert admin_client.post(f"/admin/auth/user/{owner.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Call.objects.exists()
