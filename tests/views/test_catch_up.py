import uuid

import pytest
from asgiref.sync import async_to_sync

from parley.delivery.stream_log import LogWriter
from parley.ids import uuid7
from parley.models import Feed, Message
from parley.redis import async_connection
from parley.requests import passing_reaper
from tests.support.processes import until
from tests.views.conftest import forbids_keeping, reply_of, status_of

URL = "/catch-up/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(owner, empty_valkey):
    reply = reply_of(owner, "streaming")
    reply.attempt = 1
    reply.save(update_fields=["attempt"])
    return reply


def write_log(reply, *texts):
    async def write():
        connection = async_connection()
        log = LogWriter(connection)
        log.begin(reply.pk, 1)
        for text in texts:
            log._logs[reply.pk].due_at = 0
            await log.write({reply.pk: (text, "")})
        await connection.aclose()

    async_to_sync(write)()


def catch_up(client, reply, position="0", version=0):
    asked = {"conversation": reply.conversation_id, "version": version, "follow": f"{reply.pk}@{position}"}
    return client.get(URL, asked)


def test_tells_the_owner_what_the_socket_would_have_told(at_owner, owner, running):
    write_log(running, "Hello", "Hello there")
    response = catch_up(at_owner, running)
    sent = response.json()
    assert sent["version"] == Feed.version_of(owner)
    assert "What is a parley?" in sent["stream"]
    assert sent["frames"] == [[0, "1-1", None, "<p>Hello"], [0, "1-2", " there"]]
    assert forbids_keeping(response)


def test_tells_only_what_is_new(at_owner, owner, running):
    write_log(running, "Hello", "Hello there")
    sent = catch_up(at_owner, running, "1-1", Feed.version_of(owner)).json()
    assert sent["stream"] == ""
    assert sent["frames"] == [[0, "1-2", " there"]]


def test_loads_a_page_again_that_knows_more_than_there_is(at_owner, owner, running):
    newest = Feed.version_of(owner)
    sent = at_owner.get(URL, {"version": newest + 1}).json()
    assert ('action="refresh"' in sent["stream"], sent["version"]) == (True, newest)
    Feed.objects.all().delete()
    sent = at_owner.get(URL, {"version": 1}).json()
    assert ('action="refresh"' in sent["stream"], sent["version"]) == (True, 0)
    assert at_owner.get(URL, {"version": 0}).json()["stream"] == ""


def test_tells_a_stranger_nothing(at_stranger, running):
    write_log(running, "Hello")
    sent = catch_up(at_stranger, running).json()
    assert sent["stream"] == ""
    assert sent["frames"] == []
    missing = at_stranger.get(URL, {"conversation": uuid.uuid4(), "version": 0, "follow": f"{uuid.uuid4()}@0"}).json()
    assert sent == missing


@pytest.mark.parametrize(
    "nonsense",
    [
        {"version": 10**30},
        {},
        {"version": "x"},
        {"version": -1},
        {"version": 0, "conversation": "x"},
        {"version": 0, "follow": "x"},
        {"version": 0, "follow": "x@0"},
        {"version": 0, "follow": f"{uuid.uuid4()}@a-b"},
    ],
)
def test_refuses_nonsense(at_owner, nonsense):
    assert at_owner.get(URL, nonsense).status_code == 400


@pytest.fixture
def new_process():
    """Nobody has passed by here yet."""
    passing_reaper.cache_clear()
    yield
    passing_reaper.cache_clear()


def test_sees_to_the_reply_of_a_dead_worker_where_nobody_else_does(at_owner, running, settings, new_process):
    settings.PARLEY = {**settings.PARLEY, "HEARTBEAT_INTERVAL": 0.5}
    Message.objects.filter(pk=running.pk).update(content="A talk", worker=uuid7())

    def seen_to():
        catch_up(at_owner, running)
        return status_of(running) == "interrupted"

    until(seen_to, 20)


def test_an_ended_session_takes_the_cookie_along(client, owner):
    """So a page whose session has ended waits for a new one before it asks (frontend/catch_up.js)."""
    client.force_login(owner)
    client.session.flush()
    assert client.get("/catch-up/?version=0").cookies["sessionid"].value == ""


def test_shows_nothing_of_an_attempt_that_was_given_up_for_a_new_one(at_owner, running):
    write_log(running, "Hello")
    running.interrupt("", "cut")
    Message.objects.filter(pk=running.pk).update(html="")
    at_owner.post(f"/messages/{running.pk}/retry/")
    at_owner.post(f"/messages/{running.pk}/stop/")
    assert status_of(running) == "stopped"
    assert "Hello" not in at_owner.get(running.conversation.get_absolute_url()).text
