import pytest

from tests.views.shares import shared, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(conversation):
    return shared(conversation)


@pytest.fixture
def url(share):
    return f"/shares/{share.pk}/revoke/"


def test_closes_the_link_at_once_at_owner(at_owner, anonymous, url, share):
    assert shown(anonymous, share).status_code == 200
    response = at_owner.post(url)
    assert (response.status_code, response.url) == (303, "/shares/")
    assert shown(anonymous, share).status_code == 404
    assert shown(at_owner, share).status_code == 404


def test_forgets_what_the_link_showed(at_owner, url, share):
    at_owner.post(url)
    share.refresh_from_db()
    assert (share.is_revoked, share.snapshot) == (True, {})


def test_leads_back_into_the_frame_that_asked(at_owner, url, conversation):
    response = at_owner.post(url, headers={"turbo-frame": "share"})
    assert response.url == f"/c/{conversation.pk}/share/"


def test_may_be_asked_twice(at_owner, url, share):
    at_owner.post(url)
    share.refresh_from_db()
    first = share.revoked_at
    assert at_owner.post(url).status_code == 303
    share.refresh_from_db()
    assert share.revoked_at == first
