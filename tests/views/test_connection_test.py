import re
from datetime import timedelta

import pytest
from django.utils import timezone

from parley.generation import probing
from parley.generation.probing import Result
from tests.views.connections import allow, connection, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]
DONE = {"status": "done", "model": "gpt-5<b>", "models": 12, "names": ("gpt-5<b>", "o3"), "first_token_ms": 321}
ALL = {**DONE, "text": "Ahoy <i>there</i>!"}
FAILED = {"status": "failed", "model": "gpt-5", "code": "unauthorized", "detail": "No such <key>."}


@pytest.fixture(autouse=True)
def _keys(settings):
    allow(settings)


@pytest.fixture
def row():
    return connection()


@pytest.fixture
def ended(monkeypatch):
    """A function: the last test of every connection stands like this."""

    def put(seconds=0, **facts):
        result = Result(at=timezone.now() - timedelta(seconds=seconds), **facts)
        monkeypatch.setattr(probing, "result", lambda row: result)

    return put


def url_of(row):
    return f"/connections/{row.pk}/test/"


def test_begins_when_it_is_asked_for(admin_client, row):
    assert "not tested within the last hour" in shown(admin_client.get(url_of(row)))
    assert probing.result(row) is None
    response = admin_client.post(url_of(row), {"model": "gpt-5"})
    assert (response.status_code, response.url) == (303, url_of(row))
    assert (probing.result(row).status, probing.result(row).model) == ("waiting", "gpt-5")


@pytest.mark.parametrize(("seconds", "words"), [(1, "Asking gateway.example…"), (11, "No worker has answered yet.")])
def test_looks_again_while_it_waits(admin_client, row, ended, seconds, words):
    ended(seconds, status="waiting")
    page = shown(admin_client.get(url_of(row)))
    assert words in page
    assert 'data-parley-controller="again"' in page
    assert "Test again" not in page


def test_shows_how_it_answered_in_its_frame_alone(admin_client, row, ended):
    ended(**ALL)
    response = admin_client.get(url_of(row), headers={"Turbo-Frame": "connection_test"})
    page = shown(response)
    assert 'id="sidebar"' not in page
    assert 'id="connection_test"' in page
    assert not {"<b>", "<i>"} & {tag for tag in ("<b>", "<i>") if tag in response.text}
    for words in ("It works.", "321 ms", "Ahoy <i>there</i>!", "It lists 12 models: gpt-5<b>, o3 …", "Test again"):
        assert words in page
    assert 'data-parley-controller="again"' not in page


def test_says_what_failed_and_what_the_provider_said(admin_client, row, ended):
    ended(**FAILED)
    response = admin_client.get(url_of(row))
    page = shown(response)
    assert "Check the key of the connection “Gateway”" in page
    assert "The provider said: “No such <key>.”" in " ".join(re.sub("</?bdi>", "", page).split())
    assert "<key>" not in response.text
    assert "Start a conversation" not in page


def test_takes_no_words_of_the_network_for_those_of_the_provider(admin_client, row, ended):
    ended(**{**FAILED, "code": "unreachable", "detail": "", "cause": "Cannot <connect>."})
    response = admin_client.get(url_of(row))
    assert "The provider said" not in shown(response)
    assert "(<bdi>Cannot &lt;connect&gt;.</bdi>)" in response.text


def test_ends_the_first_run_and_later_offers_both(admin_client, row, ended, settings):
    ended(**ALL)
    default = f'action="/connections/{row.pk}/default/"'
    page = shown(admin_client.get(url_of(row)))
    assert "?model=gateway%3A%3Agpt-5%3Cb%3E" in page
    assert default in page
    allow(settings, LOCAL_MODEL=True)
    page = shown(admin_client.get(url_of(row)))
    assert "?model=" not in page
    assert default in page


def test_starts_nothing_with_what_is_switched_off_and_no_default_with_a_persons_own(
    admin_client, at_owner, owner, ended, settings
):
    ended(**ALL)
    allow(settings, PERSONAL_CONNECTIONS=True, LOCAL_MODEL=True)
    assert "Start a conversation" not in shown(admin_client.get(url_of(connection(name="Attic", enabled=False))))
    page = shown(at_owner.get(url_of(connection(name="Own", owner=owner))))
    assert "Start a conversation" in page
    assert "/default/" not in page
