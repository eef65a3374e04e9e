import pytest
from django.utils import timezone

from parley.models import Conversation
from tests.views.conftest import forbids_keeping
from tests.views.shares import shared
from tests.views.test_long_conversation import long_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(conversation):
    return shared(conversation)


@pytest.fixture
def url(share):
    return f"/s/{share.token}/copy/"


def copy_of(response, person):
    return Conversation.objects.visible_to(person).get(pk=response.url.split("/")[2])


def test_asks_at_stranger_first(at_stranger, url, share):
    page = at_stranger.get(url)
    assert page.status_code == 200
    assert share.title in page.text
    assert forbids_keeping(page)
    assert Conversation.objects.count() == 1


def test_makes_a_conversation_of_their_own_at_stranger(at_stranger, stranger, url, conversation):
    response = at_stranger.post(url)
    copy = copy_of(response, stranger)
    assert response.status_code == 303
    assert copy.title == conversation.title
    copied, original = copy.transcript(), conversation.transcript()
    assert [sent(message) for message in copied] == [sent(message) for message in original]
    assert {message.pk for message in copied}.isdisjoint(message.pk for message in original)
    assert [message.parent_id for message in copied] == [None, copied[0].pk]
    assert "A talk between <em>enemies</em>." in at_stranger.get(response.url).text


def sent(message):
    return message.role, message.status, message.content, message.model, message.created_at


def test_may_be_gone_on_with(at_stranger, stranger, owner, url, conversation):
    copy = copy_of(at_stranger.post(url), stranger)
    copy.ask("And then?")
    assert [message.content for message in copy.transcript()][-2:] == ["And then?", ""]
    assert len(conversation.transcript()) == 2
    assert Conversation.objects.visible_to(owner).count() == 1


def test_makes_no_double_when_asked_twice(at_stranger, stranger, url):
    assert at_stranger.post(url).url == at_stranger.post(url).url
    assert Conversation.objects.visible_to(stranger).count() == 1


def test_copies_again_what_was_thrown_away(at_stranger, stranger, url):
    first = copy_of(at_stranger.post(url), stranger)
    Conversation.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    assert copy_of(at_stranger.post(url), stranger).pk != first.pk


def test_lets_at_owner_copy_their_own(at_owner, owner, url, conversation):
    assert copy_of(at_owner.post(url), owner).pk != conversation.pk


def test_copies_what_was_shared_and_not_what_came_later(at_stranger, stranger, url, conversation):
    conversation.ask("Later?")
    conversation.messages.filter(content__contains="enemies").update(content="Changed", html="Changed")
    assert [message.content for message in copy_of(at_stranger.post(url), stranger).transcript()] == [
        "What is a parley?",
        "A talk between *enemies*.",
    ]


def test_an_answer_that_was_not_finished_stays_one(at_stranger, stranger, failed):
    copy = copy_of(at_stranger.post(f"/s/{shared(failed.conversation).token}/copy/"), stranger)
    assert (copy.leaf().status, copy.leaf().content, copy.leaf().error) == ("stopped", "A talk", "")


@pytest.mark.parametrize("chosen", [True, False])
def test_takes_the_instructions_along_where_they_are_shown(at_stranger, stranger, conversation, chosen):
    conversation.instructions = "Answer as a pirate."
    conversation.save()
    copy = copy_of(at_stranger.post(f"/s/{shared(conversation, instructions=chosen).token}/copy/"), stranger)
    assert copy.instructions == ("Answer as a pirate." if chosen else "")


def test_answers_a_link_that_shows_nothing_as_the_page_does(at_stranger, share, url):
    share.revoke()
    for response in (at_stranger.get(url), at_stranger.post(url), at_stranger.get("/s/nonsense/copy/")):
        assert response.status_code == 404
        assert "This link shows nothing" in response.text
    assert Conversation.objects.count() == 1


def test_copies_many_messages_with_the_statements_of_few(at_stranger, owner, django_assert_max_num_queries):
    share = shared(long_conversation(owner, 400))
    with django_assert_max_num_queries(220):
        response = at_stranger.post(f"/s/{share.token}/copy/")
    assert "message 00399" in at_stranger.get(response.url).text
