"""A conversation of 2,000 messages costs what one of 200 costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.ids import uuid7
from parley.models import Conversation, Message
from parley.models.branching import PAGE
from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


def long_conversation(owner, count):
    """A conversation of so many messages, each of the same length."""
    conversation = Conversation.objects.create(owner=owner, title="A long conversation")
    begin, parent, messages = timezone.now() - timedelta(seconds=count), None, []
    for number in range(count):
        role = "assistant" if number % 2 else "user"
        text = f"message {number:05}"
        parent = Message(
            id=uuid7(),
            conversation=conversation,
            parent=parent,
            role=role,
            status="done",
            content=text,
            html=f"<p>{text}</p>",
            version=conversation.version,
            created_at=begin + timedelta(seconds=number),
        )
        messages.append(parent)
    Message.objects.bulk_create(messages)
    return conversation


@pytest.fixture
def cost(at_owner):
    """A function: (queries, bytes) of a request of the owner's."""
    at_owner.get("/")

    def measure(method, url, *arguments, **options):
        with CaptureQueriesContext(connection) as queries:
            response = getattr(at_owner, method)(url, *arguments, **options)
        assert response.status_code == 200
        return len(queries), len(response.content)

    return measure


@pytest.fixture
def shorter(owner):
    return long_conversation(owner, 200)


@pytest.fixture
def longer(owner):
    return long_conversation(owner, 2_000)


def assert_costs_the_same(one, other):
    assert one[0] == other[0]
    assert abs(one[1] - other[1]) < 0.02 * one[1]


def test_opens_at_the_same_cost(cost, shorter, longer):
    assert_costs_the_same(*(cost("get", each.get_absolute_url()) for each in (shorter, longer)))


def test_takes_a_question_at_the_same_cost(cost, shorter, longer):
    assert_costs_the_same(
        *(
            cost("post", f"/c/{each.pk}/messages/", {"text": "next"}, headers={"accept": TURBO})
            for each in (shorter, longer)
        )
    )


def test_brings_older_messages_at_the_same_cost(cost, shorter, longer):
    frame = {"turbo-frame": "older"}
    assert_costs_the_same(
        *(
            cost("get", f"/c/{each.pk}/older/?before={each.transcript()[0].pk}", headers=frame)
            for each in (shorter, longer)
        )
    )


def test_reads_no_more_rows_than_it_shows(at_owner, longer):
    """The text of a message that is not on the page is not even read."""
    page = at_owner.get(longer.get_absolute_url()).text
    assert set(re.findall(r"message \d{5}", page)) == {f"message {2_000 - number:05}" for number in range(1, PAGE + 1)}


def test_brings_all_messages_page_by_page_in_order(at_owner, shorter):
    seen, url = [], shorter.get_absolute_url()
    while url:
        page = at_owner.get(url, headers={"turbo-frame": "older"} if seen else {}).text
        seen[:0] = re.findall(r"<p[^>]*>message (\d{5})</p>", page)
        older = re.search(r'<turbo-frame id="older_[^>]* src="([^"]+)"', page)
        url = older and older[1]
    assert seen == [f"{number:05}" for number in range(200)]


def test_has_pages_for_who_has_no_javascript(at_owner, shorter):
    page = at_owner.get(shorter.get_absolute_url()).text
    older = re.search(r'<a href="([^"]+/older/[^"]+)"', page)[1]
    assert f"message {200 - PAGE - 1:05}" in at_owner.get(older).text
    assert f"message {200 - PAGE:05}" not in at_owner.get(older).text
