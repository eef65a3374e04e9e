import pytest

from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    conversation.pin()
    return f"/c/{conversation.pk}/unpin/"


def test_moves_the_row_and_renews_the_menu(at_owner, url, conversation):
    response = at_owner.post(url, headers={"accept": TURBO})
    assert response.status_code == 200
    assert 'into="conversations"' in response.text
    assert f'target="head_{conversation.pk}"' in response.text
    assert "Pin" in response.text
    conversation.refresh_from_db()
    assert not conversation.pinned


def test_may_be_asked_for_twice(at_owner, url, conversation):
    assert at_owner.post(url).status_code == at_owner.post(url).status_code == 303
    conversation.refresh_from_db()
    assert not conversation.pinned


def test_shows_the_conversation_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()
