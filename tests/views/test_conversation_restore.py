import pytest

from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/restore/"


@pytest.fixture(autouse=True)
def _discarded(conversation):
    conversation.soft_delete()


@pytest.mark.parametrize("accept", ["text/html", TURBO])
def test_brings_it_back_and_shows_it(at_owner, url, conversation, accept):
    response = at_owner.post(url, headers={"accept": accept})
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()
    assert at_owner.get(response.url).status_code == 200
    assert not gone(conversation)


def test_says_that_there_is_nothing_to_bring_back(at_owner, url, conversation):
    at_owner.post(url)
    response = at_owner.post(url)
    assert response.status_code == 404
    assert "Nothing to bring back" in response.text


def gone(conversation):
    conversation.refresh_from_db()
    return conversation.deleted_at is not None
