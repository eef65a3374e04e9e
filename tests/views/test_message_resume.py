import pytest

from tests.views.conftest import TURBO, reply_of, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def interrupted(owner):
    return reply_of(owner, "interrupted", "A talk")


@pytest.fixture
def url(interrupted):
    return f"/messages/{interrupted.pk}/resume/"


@pytest.mark.parametrize("status", ["interrupted", "stopped", "failed"])
def test_goes_on_after_the_text_that_is_there(at_owner, owner, status):
    reply = reply_of(owner, status, "A talk")
    response = at_owner.post(f"/messages/{reply.pk}/resume/", headers={"accept": TURBO})
    assert response.status_code == 200
    assert 'data-status="pending"' in response.text
    assert status_of(reply) == "pending"
    assert reply.content == "A talk"


@pytest.mark.parametrize(("status", "content"), [("interrupted", ""), ("failed", ""), ("done", "A talk")])
def test_leaves_alone_what_cannot_go_on(at_owner, owner, status, content):
    reply = reply_of(owner, status, content)
    at_owner.post(f"/messages/{reply.pk}/resume/")
    assert status_of(reply) == status


def test_is_offered_beside_the_retry(at_owner, url, interrupted):
    page = at_owner.get(interrupted.conversation.get_absolute_url()).text
    assert f'action="{url}"' in page
    assert "Continue" in page
    assert f'action="/messages/{interrupted.pk}/retry/"' in page


def test_redirects_where_there_is_no_javascript(at_owner, url, interrupted):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == interrupted.conversation.get_absolute_url()


@pytest.mark.django_db(transaction=True)
def test_rings_for_a_worker(at_owner, url, empty_valkey):
    at_owner.post(url)
    with empty_valkey.client() as client:
        assert client.llen("celery") == 1
