import pytest

from parley.models import Conversation
from tests.views.conftest import TURBO, reply_of, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/delete/"


def test_takes_the_row_away_and_offers_to_bring_it_back(at_owner, url, conversation):
    response = at_owner.post(url, headers={"accept": TURBO})
    assert response.status_code == 200
    assert f'action="remove" target="conversation_{conversation.pk}"' in response.text
    assert f"/c/{conversation.pk}/restore/" in response.text
    assert "was deleted" in response.text


def test_hides_it_from_every_page_at_once(at_owner, url, conversation):
    at_owner.post(url)
    assert at_owner.get(conversation.get_absolute_url()).status_code == 404
    assert f'href="/c/{conversation.pk}/"' not in at_owner.get("/").text
    assert at_owner.post(url).status_code == 404


def test_offers_to_bring_it_back_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == "/"
    assert f"/c/{conversation.pk}/restore/" in at_owner.get("/").text


def test_leaves_the_page_that_showed_it(at_owner, url, conversation):
    here = f"http://testserver{conversation.get_absolute_url()}"
    response = at_owner.post(url, headers={"accept": TURBO, "referer": here})
    assert response.status_code == 303
    assert response.url == "/"


def test_says_nothing_of_it_when_it_is_too_late(at_owner, url, conversation, settings):
    settings.PARLEY = {**settings.PARLEY, "UNDO_WITHIN": 0}
    at_owner.post(url)
    assert "/restore/" not in at_owner.get("/").text


@pytest.mark.parametrize("status", ["pending", "streaming"])
def test_stops_the_reply_that_is_being_written(at_owner, owner, status):
    reply = reply_of(owner, status, "A talk")
    at_owner.post(f"/c/{reply.conversation_id}/delete/")
    assert status_of(reply) == "stopped"


def test_keeps_everything_until_it_is_too_late(at_owner, url, conversation):
    at_owner.post(url)
    Conversation.objects.purge()
    assert conversation.messages.count() == 2
