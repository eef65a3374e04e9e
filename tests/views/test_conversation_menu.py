import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/menu/"


@pytest.mark.parametrize("headers", [{}, {"turbo-frame": "row_menu"}])
def test_offers_what_can_be_done(at_owner, url, conversation, headers):
    page = at_owner.get(url, headers=headers)
    assert page.status_code == 200
    assert 'id="row_menu"' in page.text
    for verb in ("rename", "pin", "archive", "move", "delete"):
        assert f"/c/{conversation.pk}/{verb}/" in page.text


def test_offers_the_way_back(at_owner, url, conversation):
    conversation.organise("pin")
    conversation.organise("archive")
    page = at_owner.get(url, headers={"turbo-frame": "row_menu"}).text
    for verb in ("unpin", "unarchive"):
        assert f"/c/{conversation.pk}/{verb}/" in page
