import uuid

import pytest

from parley.models import Folder
from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/move/"


@pytest.fixture
def folder(owner):
    return Folder.objects.create(owner=owner, name="Seafaring")


def test_offers_own_folders_only(at_owner, stranger, url, folder):
    Folder.objects.create(owner=stranger, name="Theirs")
    page = at_owner.get(url)
    assert page.status_code == 200
    assert "Seafaring" in page.text
    assert "Theirs" not in page.text


def test_offers_them_in_a_frame(at_owner, url, folder):
    response = at_owner.get(f"{url}?in=row", headers={"turbo-frame": "move_row"})
    assert 'id="move_row"' in response.text
    assert "<body" not in response.text


def test_moves_into_a_folder_and_out_of_it(at_owner, url, conversation, folder):
    response = at_owner.post(url, {"folder": folder.pk}, headers={"accept": TURBO})
    assert f'into="in_{folder.pk}"' in response.text
    assert folder_of(conversation) == folder
    response = at_owner.post(url, {"folder": ""}, headers={"accept": TURBO})
    assert 'into="conversations"' in response.text
    assert folder_of(conversation) is None


def test_refuses_a_folder_of_somebody_else(at_owner, stranger, url, conversation):
    theirs = Folder.objects.create(owner=stranger, name="Theirs")
    for pk in (theirs.pk, uuid.uuid4(), "no-id"):
        response = at_owner.post(url, {"folder": pk})
        assert response.status_code == 422
        assert 'role="alert"' in response.text
    assert folder_of(conversation) is None


def test_redirects_where_there_is_no_javascript(at_owner, url, conversation, folder):
    response = at_owner.post(url, {"folder": folder.pk})
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()


def folder_of(conversation):
    conversation.refresh_from_db()
    return conversation.folder
