from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.models import Conversation, Share
from tests.views.conftest import forbids_keeping
from tests.views.shares import shared

pytestmark = pytest.mark.django_db
CHOICE = {"lasts": "30"}


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/share/"


def test_shares_nothing_by_being_looked_at(at_owner, url):
    page = at_owner.get(url)
    assert page.status_code == 200
    assert "Create a link" in page.text
    assert forbids_keeping(page)
    assert Share.objects.count() == 0


def test_makes_a_link_that_at_owner_sees(at_owner, url, owner, conversation):
    response = at_owner.post(url, CHOICE)
    share = Share.objects.visible_to(owner).get()
    assert (response.status_code, response.url) == (303, url)
    assert share.conversation == conversation
    assert f'value="http://testserver/s/{share.token}/"' in at_owner.get(url).text


def test_is_a_frame_inside_of_the_menu(at_owner, url):
    frame = at_owner.get(url, headers={"turbo-frame": "share"}).text
    assert frame.strip().startswith('<turbo-frame id="share"')
    assert "<html" not in frame


def test_every_link_has_a_token_of_its_own_of_128_bits(conversation):
    tokens = {shared(conversation).token for _ in range(5)}
    assert len(tokens) == 5
    assert {len(token) for token in tokens} == {22}


def test_says_why_there_is_no_room_for_another_link(at_owner, url, settings):
    settings.PARLEY = {**settings.PARLEY, "STORAGE_PER_PERSON": 10}
    response = at_owner.post(url, CHOICE)
    assert response.status_code == 422
    assert "You keep as much here as you may. Revoke links" in response.text
    assert Share.objects.count() == 0


@pytest.mark.parametrize(("lasts", "days"), [("1", 1), ("7", 7), ("30", 30)])
def test_ends_when_it_was_said(at_owner, url, lasts, days):
    at_owner.post(url, {"lasts": lasts})
    left = Share.objects.get().expires_at - timezone.now()
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


def test_may_have_no_end(at_owner, url):
    at_owner.post(url, {"lasts": "never"})
    assert Share.objects.get().expires_at is None


@pytest.mark.parametrize("lasts", ["", "0", "365", "nonsense"])
def test_refuses_another_end(at_owner, url, lasts):
    response = at_owner.post(url, {"lasts": lasts, "reasoning": "on"}, headers={"turbo-frame": "share"})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "checked" in response.text
    assert Share.objects.count() == 0


@pytest.mark.parametrize("status", [None, "pending", "failed"])
def test_says_when_there_is_nothing_to_share(at_owner, owner, status):
    empty = Conversation.objects.create(owner=owner, title="Empty")
    if status:
        empty.messages.create(role="assistant", status=status)
    response = at_owner.post(f"/c/{empty.pk}/share/", CHOICE)
    assert response.status_code == 422
    assert "nothing to share yet" in response.text
    assert Share.objects.count() == 0


def test_offers_the_instructions_only_where_there_are_some(at_owner, url, conversation):
    assert 'name="instructions"' not in at_owner.get(url).text
    Conversation.objects.filter(pk=conversation.pk).update(instructions="Be brief.")
    assert 'name="instructions"' in at_owner.get(url).text


def test_lists_only_what_is_open(at_owner, url, conversation):
    shared(conversation).revoke()
    ended = shared(conversation, lasts=timedelta(days=-1))
    assert "/s/" not in at_owner.get(url).text
    assert ended.token not in at_owner.get(url).text


def test_costs_the_same_for_many_links(at_owner, url, conversation):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            at_owner.get(url, headers={"turbo-frame": "share"})
        return len(queries)

    shared(conversation)
    before = cost()
    for _ in range(10):
        shared(conversation)
    assert cost() == before <= 5
