"""What another tab deletes between a request's first look and its change is as if it had not been there."""

from contextlib import contextmanager

import pytest
from django.db import connection

from parley.models import Conversation, Folder, Message
from tests.views.branches import url_of

pytestmark = pytest.mark.django_db


@contextmanager
def meanwhile(act):
    """Another tab is quicker: this happens just before the person's feed is locked."""
    acts = [act]

    def watch(execute, statement, *arguments):
        if acts and statement.startswith("INSERT INTO parley_feed"):
            acts.pop()()
        return execute(statement, *arguments)

    with connection.execute_wrapper(watch):
        yield
    assert not acts


@pytest.mark.parametrize("verb", ["regenerate/", "fork/", "delete/", "delete-branch/"])
def test_finds_no_message_that_was_deleted(at_owner, conversation, verb):
    reply = conversation.leaf()
    with meanwhile(Message.objects.filter(pk=reply.pk).delete):
        assert at_owner.post(url_of(conversation, reply, verb)).status_code == 404


@pytest.mark.parametrize("field", ["editing", "below"])
def test_asks_nothing_in_the_place_of_a_message_that_was_deleted(at_owner, conversation, field):
    question = conversation.messages.get(role="user")
    data = {"text": "And a truce?", field: question.pk}
    with meanwhile(lambda: conversation.delete_branch(question)):
        assert at_owner.post(f"/c/{conversation.pk}/messages/", data).status_code == 404


def test_turns_to_no_branch_that_was_deleted(at_owner, conversation):
    reply = conversation.leaf()
    with meanwhile(Message.objects.filter(pk=reply.pk).delete):
        assert at_owner.post(f"/c/{conversation.pk}/branch/", {"message": reply.pk}).status_code == 404


@pytest.mark.parametrize(
    ("url", "data"),
    [("messages/", {"text": "And a truce?"}), ("settings/", {"model": "", "instructions": "Be brief."}), ("pin/", {})],
)
def test_finds_no_conversation_that_was_deleted(at_owner, conversation, url, data):
    with meanwhile(Conversation.objects.filter(pk=conversation.pk).delete):
        assert at_owner.post(f"/c/{conversation.pk}/{url}", data).status_code == 404


def test_finds_no_folder_that_was_deleted(at_owner, conversation, owner):
    for url, data in ((f"/c/{conversation.pk}/move/", {}), ("/conversations/", {"text": "hello"})):
        folder = Folder.objects.create(owner=owner, name="Seafaring")
        with meanwhile(Folder.objects.filter(pk=folder.pk).delete):
            assert at_owner.post(url, {**data, "folder": folder.pk}).status_code == 404
