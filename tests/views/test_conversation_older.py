import re
import uuid

import pytest

from parley.models import Conversation
from parley.models.branching import PAGE
from tests.views.conftest import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_conversation(owner):
    """More messages than a page shows."""
    conversation = answered(owner, "question 0", "answer")
    for number in range(1, PAGE // 2 + 5):
        conversation.ask(f"question {number}")
        conversation.messages.filter(status="pending").update(status="done", content="answer")
    return conversation


@pytest.fixture
def url(long_conversation):
    return f"/c/{long_conversation.pk}/older/?before={long_conversation.transcript()[0].pk}"


def messages_in(response):
    return re.findall(r'data-message="([0-9a-f-]{36})"', response.text)


def test_sends_an_anonymous_visitor_to_sign_in(anonymous, url):
    assert anonymous.get(url).status_code == 302


def test_answers_a_stranger_as_if_it_did_not_exist(at_stranger, url):
    assert at_stranger.get(url).status_code == 404


def test_gives_no_message_of_another_conversation(at_owner, at_stranger, url, stranger, long_conversation):
    mine, _ = Conversation.start(stranger, "Mine")
    before = long_conversation.leaf().pk
    assert at_stranger.get(f"/c/{mine.pk}/older/?before={before}").status_code == 404


def test_brings_all_messages_together_with_the_page(at_owner, url, long_conversation):
    page = messages_in(at_owner.get(long_conversation.get_absolute_url()))
    older = messages_in(at_owner.get(url))
    everything = [str(message.pk) for message in long_conversation.messages.order_by("id")]
    assert len(page) <= PAGE
    assert older + page == everything


@pytest.mark.parametrize("before", ["", "x", str(uuid.UUID(int=0))])
def test_finds_nothing_before_what_is_not_there(at_owner, long_conversation, before):
    assert at_owner.get(f"/c/{long_conversation.pk}/older/?before={before}").status_code == 404


def test_takes_no_post(at_owner, url):
    assert at_owner.post(url).status_code == 405
