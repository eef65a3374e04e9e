"""Pin, unpin, archive, and take out of the archive."""

from collections import namedtuple

import pytest

from tests.views.conftest import TURBO

pytestmark = pytest.mark.django_db
Verb = namedtuple("Verb", "before name field after section offers")


@pytest.fixture(
    params=[
        Verb([], "pin", "pinned", True, "pinned", "Unpin"),
        Verb(["pin"], "unpin", "pinned", False, "conversations", "Pin"),
        Verb([], "archive", "archived", True, "archived", "Take out of the archive"),
        Verb(["archive"], "unarchive", "archived", False, "conversations", "Archive"),
    ],
    ids=lambda verb: verb.name,
)
def verb(request, conversation):
    for before in request.param.before:
        conversation.organise(before)
    return request.param


@pytest.fixture
def url(conversation, verb):
    return f"/c/{conversation.pk}/{verb.name}/"


@pytest.fixture
def is_done(conversation, verb):
    """A function: whether the conversation is what the verb makes of it."""

    def now():
        conversation.refresh_from_db()
        return getattr(conversation, verb.field) is verb.after

    return now


def test_moves_the_row_and_renews_the_menu(at_owner, url, verb, conversation, is_done):
    response = at_owner.post(url, headers={"accept": TURBO})
    assert response.status_code == 200
    assert f'into="{verb.section}"' in response.text
    assert f'target="head_{conversation.pk}"' in response.text
    assert verb.offers in response.text
    assert is_done()


def test_may_be_asked_for_twice(at_owner, url, is_done):
    assert at_owner.post(url).status_code == at_owner.post(url).status_code == 303
    assert is_done()


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
