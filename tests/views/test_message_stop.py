import pytest

from parley.redis import connection
from parley.redis import stops_channel as stops
from tests.views.conftest import TURBO, reply_of, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(owner):
    return reply_of(owner, "streaming", "A talk")


@pytest.fixture
def url(running):
    return f"/messages/{running.pk}/stop/"


@pytest.mark.parametrize("status", ["pending", "streaming"])
def test_stops_a_reply_and_keeps_its_text(at_owner, owner, status):
    reply = reply_of(owner, status, "A talk")
    response = at_owner.post(f"/messages/{reply.pk}/stop/", headers={"accept": TURBO})
    assert response.status_code == 200
    assert 'data-status="stopped"' in response.text
    assert status_of(reply) == "stopped"
    assert reply.content == "A talk"


@pytest.mark.parametrize("status", ["done", "failed", "interrupted", "stopped"])
def test_leaves_a_reply_alone_that_has_ended(at_owner, owner, status):
    reply = reply_of(owner, status, "A talk")
    response = at_owner.post(f"/messages/{reply.pk}/stop/", headers={"accept": TURBO})
    assert f'data-status="{status}"' in response.text
    assert status_of(reply) == status


def test_redirects_where_there_is_no_javascript(at_owner, url, running):
    response = at_owner.post(url)
    assert response.status_code == 303
    assert response.url == running.conversation.get_absolute_url()


@pytest.mark.django_db(transaction=True)
def test_tells_the_worker_that_writes_it(at_owner, url, empty_valkey):
    listener = connection().pubsub()
    listener.subscribe(stops())
    listener.get_message(timeout=20)
    at_owner.post(url)
    assert listener.get_message(timeout=20)["channel"].decode() == stops()
    listener.close()
