import pytest

from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    conversation.archive()
    return f"/c/{conversation.pk}/unarchive/"


def test_moves_the_row_and_renews_the_menu(at_owner, url, conversation):
    response = at_owner.post(url, headers={"accept": TURBO})
    assert response.status_code == 200
    assert 'into="conversations"' in response.text
    assert f'target="head_{conversation.pk}"' in response.text
    assert "Archive" in response.text
    conversation.refresh_from_db()
    assert not conversation.archived


def test_may_be_asked_for_twice(at_owner, url, conversation):
    assert at_owner.post(url).status_code == at_owner.post(url).status_code == 303
    conversation.refresh_from_db()
    assert not conversation.archived


def test_shows_the_conversation_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()


def test_goes_back_to_the_archive_that_it_was_asked_from(at_owner, url):
    response = at_owner.post(url, headers={"referer": "http://testserver/archived/"})
    assert response.url == "/archived/"


def test_goes_to_no_other_site(at_owner, url, conversation):
    response = at_owner.post(url, headers={"referer": "http://elsewhere.example/archived/"})
    assert response.url == conversation.get_absolute_url()
