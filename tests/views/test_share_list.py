from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parley.models import Conversation, Share
from tests.views.conftest import answered, forbids_keeping
from tests.views.shares import shared

pytestmark = pytest.mark.django_db
URL = "/shares/"


def test_shows_nothing_of_others_at_stranger(at_stranger, conversation):
    share = shared(conversation)
    page = at_stranger.get(URL)
    assert page.status_code == 200
    assert share.token not in page.text
    assert share.title not in page.text
    assert "You have shared nothing" in page.text


def test_shows_at_owner_every_link_with_its_state(at_owner, conversation):
    open_, endless = shared(conversation, lasts=timedelta(days=7)), shared(conversation)
    ended, revoked = shared(conversation, lasts=timedelta(days=-1)), shared(conversation)
    revoked.revoke()
    Share.objects.filter(pk=endless.pk).update(views=12)
    page = at_owner.get(URL)
    for share in (open_, endless):
        assert f"http://testserver/s/{share.token}/" in page.text
        assert f'action="/shares/{share.pk}/revoke/"' in page.text
    for share in (ended, revoked):
        assert share.token not in page.text
        assert f"/shares/{share.pk}/" not in page.text
    for words in ("What is a parley?", "Ends", "Does not end", "Expired", "Revoked", "12 views", "0 views"):
        assert words in page.text
    assert forbids_keeping(page)


def test_has_no_links_of_a_conversation_that_was_thrown_away(at_owner, conversation):
    share = shared(conversation)
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    assert share.token not in at_owner.get(URL).text


def test_is_found_from_every_page(at_owner, conversation):
    assert f'href="{URL}"' in at_owner.get("/").text


def test_costs_the_same_for_many_links_and_reads_no_snapshot(at_owner, owner, conversation):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert at_owner.get(URL).status_code == 200
        assert not any('"snapshot"' in query["sql"] for query in queries)
        return len(queries)

    shared(conversation)
    at_owner.get(URL)
    before = cost()
    for number in range(12):
        shared(answered(owner, f"question {number}", "answer"))
    assert cost() == before


def test_comes_in_pages(at_owner, conversation):
    for _ in range(52):
        share = shared(conversation)
    first, second = at_owner.get(URL).text, at_owner.get(f"{URL}?page=2").text
    assert (first.count("data-share="), second.count("data-share=")) == (50, 2)
    assert share.token in first
    assert 'href="?page=2"' in first
    assert at_owner.get(f"{URL}?page=nonsense").status_code == 200
