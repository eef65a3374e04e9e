import re
import uuid

import pytest

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


def test_brings_all_messages_together_with_the_page(at_owner, url, long_conversation):
    page = messages_in(at_owner.get(long_conversation.get_absolute_url()))
    older = messages_in(at_owner.get(url))
    everything = [str(message.pk) for message in long_conversation.messages.order_by("id")]
    assert len(page) <= PAGE
    assert older + page == everything


@pytest.mark.parametrize("before", ["", "x", str(uuid.UUID(int=0))])
def test_finds_nothing_before_what_is_not_there(at_owner, long_conversation, before):
    assert at_owner.get(f"/c/{long_conversation.pk}/older/?before={before}").status_code == 404
