import uuid

import pytest

from parley.models import Conversation, Folder
from tests.views.conftest import TURBO, answered, reply_of, status_of

URL = "/conversations/change/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(owner):
    return [answered(owner, f"question {number}", "Well.") for number in range(3)]


def ids(rows):
    return [str(row.pk) for row in rows]


def sections(rows):
    return [row.section for row in Conversation.objects.filter(pk__in=ids(rows)).order_by("id")]


def test_changes_nothing_for_a_stranger(at_stranger, three):
    for verb in ("archive", "delete", "move", "unarchive"):
        response = at_stranger.post(URL, {"do": verb, "conversation": ids(three)}, headers={"accept": TURBO})
        assert not any(pk in response.text for pk in ids(three))
    assert sections(three) == ["conversations"] * 3
    assert not Conversation.objects.exclude(deleted_at=None).exists()


def test_archives_and_takes_out_again(at_owner, three):
    response = at_owner.post(URL, {"do": "archive", "conversation": ids(three[:2])}, headers={"accept": TURBO})
    assert response.text.count('into="archived"') == 2
    assert sections(three) == ["archived", "archived", "conversations"]
    at_owner.post(URL, {"do": "unarchive", "conversation": ids(three)})
    assert sections(three) == ["conversations"] * 3


def test_moves_into_a_folder_and_out_of_it(at_owner, owner, three):
    folder = Folder.objects.create(owner=owner, name="Seafaring")
    at_owner.post(URL, {"do": "move", "folder": folder.pk, "conversation": ids(three)})
    assert sections(three) == [folder.section] * 3
    at_owner.post(URL, {"do": "move", "folder": "", "conversation": ids(three)})
    assert sections(three) == ["conversations"] * 3


def test_deletes_together_what_one_click_brings_back(at_owner, three):
    response = at_owner.post(URL, {"do": "delete", "conversation": ids(three)}, headers={"accept": TURBO})
    assert response.text.count('action="remove" target="conversation_') == 3
    assert "3 conversations were deleted" in response.text
    assert response.text.count("/restore/") == 1
    at_owner.post(f"/c/{three[1].pk}/restore/")
    assert Conversation.objects.filter(deleted_at=None).count() == 3


def test_stops_the_replies_of_what_it_deletes(at_owner, owner, three):
    reply = reply_of(owner, "streaming", "A talk")
    at_owner.post(URL, {"do": "delete", "conversation": [str(reply.conversation_id), *ids(three)]})
    assert status_of(reply) == "stopped"


def test_says_that_nothing_is_selected(at_owner):
    response = at_owner.post(URL, {"do": "delete"})
    assert response.status_code == 422
    assert "Select at least one" in response.text


def test_says_that_too_many_are_selected(at_owner, three):
    many = ids(three) + [str(uuid.uuid4()) for _ in range(498)]
    for headers in ({}, {"accept": TURBO}):
        response = at_owner.post(URL, {"do": "delete", "conversation": many}, headers=headers)
        assert "You have selected 501 conversations; at most 500" in response.text
    assert Conversation.objects.filter(deleted_at=None).count() == 3


@pytest.mark.parametrize("fields", [{"do": "burn"}, {}, {"conversation": "x"}])
def test_refuses_what_it_does_not_know(at_owner, three, fields):
    response = at_owner.post(URL, {"conversation": ids(three), **fields})
    assert response.status_code == 422
    assert sections(three) == ["conversations"] * 3


def test_loads_the_page_again_after_many_changes(at_owner, owner):
    rows = Conversation.objects.bulk_create([Conversation(owner=owner, title="x") for _ in range(60)])
    response = at_owner.post(URL, {"do": "archive", "conversation": ids(rows)}, headers={"accept": TURBO})
    assert 'action="refresh"' in response.text
    assert "upsert" not in response.text


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_takes_as_many_queries_for_many_as_for_few(at_owner, owner, verb, django_assert_max_num_queries):
    rows = Conversation.objects.bulk_create([Conversation(owner=owner, title="x") for _ in range(500)])
    with django_assert_max_num_queries(24):
        assert at_owner.post(URL, {"do": verb, "conversation": ids(rows)}).status_code == 303
    assert not Conversation.objects.filter(archived=False, deleted_at=None).exists()
