import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from parley.models import Conversation, Folder
from tests.views.conftest import forbids_keeping

URL = "/conversations/list/"
FRAME = {"turbo-frame": "more"}

pytestmark = pytest.mark.django_db


def made(owner, number, **values):
    now = timezone.now()
    rows = [
        Conversation(owner=owner, title=f"title {index:03}", updated_at=now - timedelta(minutes=index), **values)
        for index in range(number)
    ]
    return Conversation.objects.bulk_create(rows)


def place(conversation):
    return {"after": conversation.cursor}


def test_shows_a_stranger_only_their_own(at_stranger, owner):
    rows = made(owner, 60)
    assert "title 0" not in at_stranger.get(URL, place(rows[3]), headers=FRAME).text


def test_answers_a_stranger_as_if_the_folder_did_not_exist(at_stranger, owner):
    folder = Folder.objects.create(owner=owner, name="Mine")
    assert at_stranger.get(URL, {"section": folder.section}, headers=FRAME).status_code == 404
    assert at_stranger.get(URL, {"section": f"in_{uuid.uuid4()}"}, headers=FRAME).status_code == 404


def test_brings_all_rows_of_at_owner_once_page_by_page(at_owner, owner):
    rows, after, seen = made(owner, 120), "", []
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(updated_at=rows[0].updated_at)
    while after is not None:
        text = at_owner.get(URL, {"after": after}, headers=FRAME).text
        seen += [row.pk for row in rows if f'id="conversation_{row.pk}"' in text]
        after = text.split('class="more" data-cursor="')[1].split('"')[0] if 'class="more"' in text else None
    assert sorted(seen) == sorted(row.pk for row in rows)


def test_is_the_frame_that_was_asked_for(at_owner, owner):
    rows = made(owner, 60)
    response = at_owner.get(URL, place(rows[49]), headers=FRAME)
    assert f'<turbo-frame id="more_{rows[49].pk}">' in response.text
    assert "title 050" in response.text
    assert "title 049" not in response.text
    assert forbids_keeping(response)


def test_is_a_page_without_javascript(at_owner, owner):
    rows = made(owner, 60)
    page = at_owner.get(URL, place(rows[49])).text
    assert "data-composer" in page
    assert "title 050" in page
    assert "title 049" not in page


@pytest.mark.parametrize(("values", "section"), [({"pinned": True}, "pinned"), ({"archived": True}, "archived")])
def test_pages_through_the_other_lists(at_owner, owner, values, section):
    rows = made(owner, 60, **values)
    for headers in ({}, FRAME):
        text = at_owner.get(URL, {"section": section, **place(rows[49])}, headers=headers).text
        assert "title 059" in text


def test_opens_a_folder_without_javascript(at_owner, owner):
    folder = Folder.objects.create(owner=owner, name="Seafaring")
    made(owner, 2, folder=folder)
    page = at_owner.get(URL, {"section": folder.section}).text
    assert "<details open>" in page
    assert "title 001" in page


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "2026-01-01T00:00:00.000000 x"}, {"section": "x"}, {"section": "in_x"}]
)
def test_does_not_know_places_that_are_none(at_owner, query):
    assert at_owner.get(URL, query, headers=FRAME).status_code == 404
