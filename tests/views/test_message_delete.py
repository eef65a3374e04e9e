import uuid

import pytest

from parley.delivery.feed import REFRESH, changes_since
from parley.models import Conversation, Feed
from tests.views.branches import say, shown, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(conversation):
    return conversation.leaf()


@pytest.fixture
def url(conversation, reply):
    say(conversation, "And a truce?", "A pause.")
    return url_of(conversation, reply, "delete/")


def test_deletes_it_and_keeps_what_follows(at_owner, url, conversation, reply):
    response = at_owner.post(url)
    assert (response.status_code, response.url) == (303, f"/c/{conversation.pk}/#message_{reply.parent_id}")
    assert shown(conversation) == ["What is a parley?", "And a truce?", "A pause."]


def test_goes_on_with_the_conversation(at_owner, url, conversation):
    at_owner.post(url)
    say(conversation, "And peace?", "Quiet.")
    assert shown(conversation)[-2:] == ["And peace?", "Quiet."]


def test_finds_nothing_that_is_not_there(at_owner, url, conversation, owner):
    other, _ = Conversation.start(owner, "Another")
    for pk in (uuid.uuid4(), other.leaf().pk):
        assert at_owner.post(f"/c/{conversation.pk}/messages/{pk}/delete/").status_code == 404


def test_tells_every_tab_to_look_again(at_owner, url, owner, conversation):
    version = Feed.version_of(owner)
    at_owner.post(url)
    assert changes_since(owner, conversation.pk, version)[1] == REFRESH


def test_is_asked_for_first_without_javascript(at_owner, url, conversation, reply):
    menu = at_owner.get(url_of(conversation, reply)).text
    assert "<details" in menu
    assert f'action="{url}"' in menu


@pytest.mark.django_db(transaction=True)
def test_stops_the_worker_of_a_reply_that_is_being_written(at_owner, conversation, valkey):
    _, running = conversation.ask("And now?")
    with valkey.client() as client, client.pubsub() as listener:
        listener.subscribe("parley:stops")
        listener.get_message(timeout=20)
        at_owner.post(url_of(conversation, running, "delete/"))
        assert str(running.pk).encode() == listener.get_message(timeout=20)["data"]
    assert shown(conversation)[-1] == "And now?"
