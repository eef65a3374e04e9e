import re
import threading
import time

import pytest
from celery import current_app
from django.urls import reverse

from parley import requests
from parley.conf import conf
from parley.generation import catalogue, inquiry
from parley.models import Connection
from tests.fake_provider.server import LISTS

URL = "/models/refresh/"
SETTINGS = "/presets/new/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stores(provider, empty_valkey):
    """A provider that can be asked, a place to keep what it says, and a worker that does at once what it is sent."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def options(page):
    select = re.search(r'<select name="model".*?</select>', page, re.DOTALL)[0]
    return re.findall(r'<option value="([^"]*)"', select)


def lists(provider):
    return [request for request in provider.requests if request.path.endswith("/models")]


def test_has_its_address():
    assert reverse("parley:models_refresh") == URL


def test_sends_an_anonymous_visitor_to_sign_in(anonymous, provider):
    assert anonymous.post(URL).url.startswith("/accounts/login/")
    assert lists(provider) == []


def test_asks_the_provider_for_whoever_wants_to_know(at_owner, at_stranger, provider):
    assert options(at_owner.get(SETTINGS).text) == [""]
    response = at_owner.post(URL, {"next": SETTINGS})
    assert (response.status_code, response.url) == (303, SETTINGS)
    for person in (at_owner, at_stranger):
        assert options(person.get(SETTINGS).text) == ["", "fake-1", "fake-2", "fake-title"]
    assert lists(provider)[0].headers["authorization"] == "Bearer sk-of-the-tests"


def test_asks_once_however_often_it_is_wanted(at_owner, at_stranger, provider):
    for person in (at_owner, at_stranger, at_owner):
        assert person.post(URL, {"next": SETTINGS}).status_code == 303
    assert len(lists(provider)) == 1


@pytest.mark.parametrize("elsewhere", ["", "https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_leads_to_no_other_host(at_owner, elsewhere):
    assert at_owner.post(URL, {"next": elsewhere}).url == "/"


def test_lets_a_model_be_chosen_once_it_is_listed(at_owner, conversation):
    settings_of = reverse("parley:conversation_settings", args=[conversation.pk])
    assert at_owner.post(settings_of, {"model": "fake-2"}).status_code == 422
    at_owner.post(URL)
    assert at_owner.post(settings_of, {"model": "fake-2"}).status_code == 303
    assert at_owner.post(settings_of, {"model": "text-embedding-fake"}).status_code == 422


@pytest.mark.parametrize("path", ["none", "nonsense", "endless", "unknown"])
def test_offers_the_default_when_the_provider_has_no_list(at_owner, provider, settings, path):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/{path}/v1"}
    assert at_owner.post(URL, {"next": SETTINGS}).status_code == 303
    assert options(at_owner.get(SETTINGS).text) == [""]


def test_does_not_wait_long_for_a_provider_that_says_nothing(at_owner, provider, settings, monkeypatch):
    monkeypatch.setattr(inquiry, "PATIENCE", 0.3)
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/silent/v1"}
    assert at_owner.post(URL, {"next": SETTINGS}).status_code == 303


def test_keeps_the_list_while_the_provider_is_away(at_owner, provider, empty_valkey, monkeypatch):
    at_owner.post(URL)
    with empty_valkey.client() as client:
        client.delete(f"{catalogue._key(conf.provider)}:asked")
    monkeypatch.setitem(LISTS, "/v1/models", {"error": "down"})
    at_owner.post(URL)
    assert len(lists(provider)) == 2
    assert "fake-2" in options(at_owner.get(SETTINGS).text)


def test_shows_the_list_of_no_other_provider(at_owner, provider, settings):
    at_owner.post(URL)
    settings.PARLEY = {**settings.PARLEY, "API_KEY": "sk-of-somebody-else"}
    assert options(at_owner.get(SETTINGS).text) == [""]


def test_offers_what_the_administrator_named_when_nothing_is_listed(at_owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["fake-*", "by-name"]}
    assert options(at_owner.get(SETTINGS).text) == ["", "by-name"]


def test_shows_what_is_odd_as_text(at_owner, provider, settings):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/odd/v1"}
    at_owner.post(URL)
    assert options(at_owner.get(SETTINGS).text) == ["", "&lt;b&gt;odd&lt;/b&gt;", "fake-1"]


def test_offers_no_more_than_a_select_can_show(at_owner, provider, settings):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": f"{provider.url}/many/v1"}
    at_owner.post(URL)
    assert len(options(at_owner.get(SETTINGS).text)) == 201


def test_filters_by_the_patterns_of_the_administrator(at_owner, settings):
    at_owner.post(URL)
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["*-2"]}
    assert options(at_owner.get(SETTINGS).text) == ["", "fake-1", "fake-2"]  # the default is always allowed


def connection(owner=None, **values):
    row = Connection(name="Gateway", owner=owner, **values)
    row.set_secret("", {})
    row.save()
    return row


def test_asks_each_connection_that_the_person_may_use(at_owner, owner, stranger, provider, settings):
    settings.PARLEY = {**settings.PARLEY, "PERSONAL_CONNECTIONS": True}
    ours = connection(base_url=f"{provider.url}/vllm/v1")
    connection(base_url=f"{provider.url}/none/v1", enabled=False)
    connection(stranger, base_url=f"{provider.url}/odd/v1")
    at_owner.post(URL)
    assert [request.path for request in lists(provider)] == ["/v1/models", "/vllm/v1/models"]
    [offer] = requests.offers_of([ours.provider])
    assert offer.models["Qwen/Qwen3-8B"].window == 16_384


def test_waits_for_no_worker_longer_than_a_moment(at_owner, provider, monkeypatch):
    sent, begun = [], time.monotonic()
    monkeypatch.setattr(requests.broker, "send", lambda *task: sent.append(task))
    monkeypatch.setattr(requests, "MOMENT", 0.2)
    assert at_owner.post(URL).status_code == 303
    assert sent == [("parley.refresh_models", "")]
    assert 0.2 < time.monotonic() - begun < 2
    assert lists(provider) == []


def test_goes_on_as_soon_as_a_worker_is_done(at_owner, provider, monkeypatch):
    monkeypatch.setattr(requests, "MOMENT", 10)
    begun = time.monotonic()

    def send(*task):
        threading.Timer(0.3, catalogue.refresh, [conf.provider]).start()

    monkeypatch.setattr(requests.broker, "send", send)
    at_owner.post(URL)
    assert 0.3 < time.monotonic() - begun < 5
    assert "fake-2" in options(at_owner.get(SETTINGS).text)
