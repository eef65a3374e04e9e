import uuid

import pytest

from parley.models import Folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(owner, conversation):
    folder = Folder.objects.create(owner=owner, name="Seafaring")
    conversation.move(folder)
    return folder


@pytest.fixture
def url(folder):
    return f"/folders/{folder.pk}/delete/"


def test_sends_an_anonymous_visitor_to_sign_in(anonymous, url):
    assert anonymous.post(url).status_code == 302
    assert Folder.objects.exists()


def test_answers_a_stranger_as_if_it_did_not_exist(at_stranger, url):
    assert at_stranger.post(url).status_code == 404
    assert at_stranger.post(f"/folders/{uuid.uuid4()}/delete/").status_code == 404
    assert Folder.objects.exists()


def test_leaves_its_conversations_in_no_folder(at_owner, url, conversation):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert not Folder.objects.exists()
    conversation.refresh_from_db()
    assert conversation.shelf == "conversations"
    assert at_owner.get(conversation.get_absolute_url()).status_code == 200


def test_answers_no_get(at_owner, url):
    assert at_owner.get(url).status_code == 405
