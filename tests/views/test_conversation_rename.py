import pytest

from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/rename/"


def test_offers_the_title_that_there_is(at_owner, url):
    page = at_owner.get(url)
    assert page.status_code == 200
    assert 'value="What is a parley?"' in page.text


@pytest.mark.parametrize(("at", "target"), [("row", "conversation_"), ("head", "head_"), ("nowhere", "head_")])
def test_offers_it_where_the_title_stands(at_owner, url, conversation, at, target):
    response = at_owner.get(f"{url}?in={at}", headers={"accept": TURBO})
    assert f'action="prepend" target="{target}{conversation.pk}"' in response.text
    assert 'value="What is a parley?"' in response.text


def test_shows_the_new_title_everywhere(at_owner, url, conversation):
    response = at_owner.post(url, {"title": "  War\n and <peace> "}, headers={"accept": TURBO})
    assert response.status_code == 200
    assert "War and &lt;peace&gt;" in response.text
    assert f'target="conversation_{conversation.pk}"' in response.text
    assert f'target="head_{conversation.pk}"' in response.text
    assert title_of(conversation) == "War and <peace>"


def test_keeps_the_title_as_given_by_hand(at_owner, url, conversation):
    at_owner.post(url, {"title": "War and peace"})
    conversation.refresh_from_db()
    assert conversation.titled_by == "person"
    assert not conversation.take_title("A model's idea", {})
    assert title_of(conversation) == "War and peace"


def test_leaves_the_place_in_the_list_alone(at_owner, url, conversation):
    before = conversation.updated_at
    at_owner.post(url, {"title": "War and peace"})
    conversation.refresh_from_db()
    assert conversation.updated_at == before


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_refuses_what_is_no_title(at_owner, url, conversation, title):
    for accept in ("text/html", TURBO):
        response = at_owner.post(url, {"title": title}, headers={"accept": accept})
        assert (response.status_code == 422) == (accept == "text/html")
        assert 'role="alert"' in response.text
    assert title_of(conversation) == "What is a parley?"


def test_redirects_where_there_is_no_javascript(at_owner, url, conversation):
    response = at_owner.post(url, {"title": "War and peace"})
    assert response.status_code == 303
    assert response.url == conversation.get_absolute_url()


def title_of(conversation):
    conversation.refresh_from_db()
    return conversation.title
