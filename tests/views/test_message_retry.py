import pytest

from tests.views.conftest import TURBO, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(failed):
    return f"/messages/{failed.pk}/retry/"


def test_makes_a_failed_reply_wait_again(at_owner, url, failed):
    response = at_owner.post(url, headers={"accept": TURBO})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/vnd.turbo-stream.html")
    assert status_of(failed) == "pending"
    assert (failed.content, failed.error) == ("", "")


def test_shows_the_reply_as_waiting(at_owner, url, failed):
    stream = at_owner.post(url, headers={"accept": TURBO}).text
    assert f'data-message="{failed.pk}"' in stream
    assert 'data-status="pending"' in stream
    assert "Retry" not in stream


def test_redirects_where_there_is_no_javascript(at_owner, url, failed):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == failed.conversation.get_absolute_url()


@pytest.mark.parametrize("settled", ["done", "pending", "streaming"])
def test_leaves_a_reply_alone_that_did_not_fail(at_owner, url, failed, settled):
    failed.conversation.messages.filter(pk=failed.pk).update(status=settled, error="")
    assert at_owner.post(url, headers={"accept": TURBO}).status_code < 500
    assert status_of(failed) == settled
    assert failed.content == "A talk"


def test_has_nothing_to_retry_about_a_question(at_owner, failed):
    at_owner.post(f"/messages/{failed.parent_id}/retry/")
    assert status_of(failed.parent) == "done"


@pytest.mark.django_db(transaction=True)
def test_rings_for_a_worker(at_owner, url, empty_valkey):
    at_owner.post(url)
    with empty_valkey.client() as client:
        assert client.llen("celery") == 1


@pytest.mark.django_db(transaction=True)
def test_rings_once_for_two_impatient_clicks(at_owner, url, empty_valkey):
    at_owner.post(url)
    at_owner.post(url)
    with empty_valkey.client() as client:
        assert client.llen("celery") == 1
