import pytest

from tests.views.branches import say, shown, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(conversation):
    """Two versions of a question, the second of which is shown."""
    first = conversation.transcript()[0]
    second, _ = say(conversation, "What is a truce?", "A pause.", instead_of=first)
    return first, second


@pytest.fixture
def url(conversation, versions):
    return url_of(conversation, versions[1], "delete-branch/")


def test_deletes_the_branch_and_shows_what_remains(at_owner, url, conversation):
    response = at_owner.post(url)
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())
    assert shown(conversation) == ["What is a parley?", "A talk between *enemies*."]


def test_deletes_everything_and_still_takes_a_question(at_owner, url, conversation, versions):
    at_owner.post(url)
    at_owner.post(url_of(conversation, versions[0], "delete-branch/"))
    assert at_owner.get(conversation.get_absolute_url()).status_code == 200
    at_owner.post(f"/c/{conversation.pk}/messages/", {"text": "Anew"})
    assert shown(conversation)[0] == "Anew"


def test_says_before_how_much_goes(at_owner, conversation, versions):
    conversation.show(versions[0])
    say(conversation, "And peace?", "Quiet.")
    menu = at_owner.get(url_of(conversation, versions[0])).text
    assert "This message and 3 more that follow it, on all branches, are deleted." in menu
