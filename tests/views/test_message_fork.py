from datetime import timedelta

import pytest
from django.utils import timezone

from parley.models import Conversation, Message
from tests.views.branches import say, shown, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(conversation):
    return conversation.leaf()


@pytest.fixture
def url(conversation, reply):
    say(conversation, "And a truce?", "A pause.")
    return url_of(conversation, reply, "fork/")


@pytest.fixture
def fork(at_owner, url, conversation):
    at_owner.post(url)
    return Conversation.objects.exclude(pk=conversation.pk).get()


def test_makes_a_conversation_of_the_owner_and_goes_there(at_owner, url, conversation):
    response = at_owner.post(url)
    fork = Conversation.objects.exclude(pk=conversation.pk).get()
    assert (response.status_code, response.url) == (303, fork.get_absolute_url())
    assert (fork.owner, fork.title) == (conversation.owner, f"{conversation.title} (fork)")


def test_shows_what_was_said_and_goes_on_from_there(at_owner, fork, conversation):
    page = at_owner.get(fork.get_absolute_url()).text
    assert "A talk between" in page
    assert "And a truce?" not in page
    at_owner.post(f"/c/{fork.pk}/messages/", {"text": "And peace?"})
    assert shown(fork)[:3] == ["What is a parley?", "A talk between *enemies*.", "And peace?"]
    assert shown(conversation)[-1] == "A pause."


def test_has_its_own_messages(at_owner, fork, reply):
    assert "/delete/" in at_owner.get(url_of(fork, fork.leaf())).text
    for verb in ("", "fork/", "delete/", "delete-branch/"):
        assert at_owner.get(url_of(fork, reply)).status_code == 404
        assert at_owner.post(url_of(fork, reply, verb)).status_code in (404, 405)


def test_goes_back_while_the_same_fork_is_being_made(at_owner, url, fork, conversation):
    Conversation.objects.filter(pk=fork.pk).update(deleted_at=timezone.now() + timedelta(minutes=1))
    assert at_owner.post(url).url.startswith(conversation.get_absolute_url())


def test_is_found_once_where_it_was_first(at_owner, fork, conversation):
    page = at_owner.get("/search/", {"q": "enemies"}).text
    assert page.count(f'href="{conversation.get_absolute_url()}?message=') == 1
    assert f'href="{fork.get_absolute_url()}?message=' not in page


def test_edits_in_the_fork_what_was_asked_before_it(at_owner, fork, conversation):
    question = fork.leaf().parent
    at_owner.post(f"/c/{fork.pk}/messages/", {"text": "What is peace?", "editing": question.pk})
    assert shown(fork)[0] == "What is peace?"
    assert "2 / 2" in at_owner.get(fork.get_absolute_url()).text
    assert "2 / 2" not in at_owner.get(conversation.get_absolute_url()).text


def test_waits_for_an_answer_that_is_being_written(at_owner, conversation):
    _, running = conversation.ask("And now?")
    assert at_owner.post(url_of(conversation, running, "fork/")).status_code == 303
    assert Conversation.objects.count() == 1
    assert Message.objects.filter(status="pending").exists()


def test_forks_once_when_it_is_clicked_twice(at_owner, url, fork):
    assert at_owner.post(url).url == fork.get_absolute_url()
    assert Conversation.objects.count() == 2
