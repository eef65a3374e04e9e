import re
import uuid

import pytest

from parley.delivery.feed import REFRESH, changes_since
from parley.models import Conversation, Feed
from parley.models.branching import PAGE
from tests.views.branches import say

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(conversation):
    """Two versions of a question, the second of which is shown."""
    first = conversation.transcript()[0]
    second, _ = say(conversation, "What is a truce?", "A pause.", instead_of=first)
    return first, second


@pytest.fixture
def url(conversation):
    return f"/c/{conversation.pk}/branch/"


@pytest.mark.parametrize("message", ["", "x", str(uuid.UUID(int=7))])
def test_finds_no_branch_of_what_is_not_there(at_owner, url, message):
    assert at_owner.post(url, {"message": message}).status_code == 404


def test_turns_to_the_other_version_and_remembers_it(at_owner, url, versions, conversation):
    response = at_owner.post(url, {"message": versions[0].pk})
    assert (response.status_code, response.url) == (303, f"/c/{conversation.pk}/#message_{versions[0].pk}")
    page = at_owner.get(conversation.get_absolute_url()).text
    assert "A talk between" in page
    assert "A pause." not in page


def test_shows_arrows_that_work_as_forms(at_owner, url, versions, conversation):
    page = at_owner.get(conversation.get_absolute_url()).text
    form = re.search(rf'<form class="versions" method="post" action="{url}".*?</form>', page, re.DOTALL)[0]
    assert "2 / 2" in form
    assert re.findall(r'name="message" value="([^"]+)"', form) == [str(versions[0].pk)]


def test_shows_no_arrows_where_there_is_one_version(at_owner, conversation):
    assert 'class="versions"' not in at_owner.get(conversation.get_absolute_url()).text


def test_goes_to_the_page_of_a_version_with_a_long_continuation(at_owner, url, versions, conversation):
    conversation.show(versions[0])
    for number in range(PAGE):
        say(conversation, f"question {number}", "answer")
    conversation.show(versions[1])
    response = at_owner.post(url, {"message": versions[0].pk})
    assert response.url == f"/c/{conversation.pk}/?message={versions[0].pk}#message_{versions[0].pk}"
    assert "What is a parley?" in at_owner.get(response.url).text


def test_tells_other_tabs_of_this_conversation_to_look_again_and_no_others(
    at_owner, owner, url, versions, conversation
):
    other, _ = Conversation.start(owner, "Another")
    version = Feed.version_of(owner)
    at_owner.post(url, {"message": versions[0].pk})
    assert changes_since(owner, conversation.pk, version)[1] == REFRESH
    assert REFRESH not in changes_since(owner, other.pk, version)[1]
