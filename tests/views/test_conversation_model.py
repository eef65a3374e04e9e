import re

import pytest
from django.urls import reverse

from parley import broker
from parley.models import Connection
from parley.policy import Policy
from tests.support.connections import connected, listed
from tests.views.conftest import TURBO

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]


@pytest.fixture(autouse=True)
def _named_models(settings, monkeypatch):
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["fake-1", "fake-2"]}
    monkeypatch.setattr(broker, "send", lambda *task: True)


@pytest.fixture
def url(conversation):
    return reverse("parley:conversation_model", args=[conversation.pk])


class Nothing(Policy):
    def models(self, user, offered):
        return []


def model_of(conversation):
    conversation.refresh_from_db()
    return conversation.model


def test_chooses_and_replaces_the_button_that_names_the_model(at_owner, conversation, url):
    gateway = connected("Gateway & Sons")
    response = at_owner.post(url, {"model": gateway.choice("gpt-5")}, headers={"accept": TURBO})
    assert response.status_code == 200
    assert f'<turbo-stream action="replace" target="asked_{conversation.pk}">' in response.text
    assert "<bdi>gpt-5</bdi>" in response.text
    assert "<bdi>Gateway &amp; Sons</bdi>" in response.text
    assert model_of(conversation) == "gateway-sons::gpt-5"


def test_marks_models_that_are_known_to_take_no_pictures(at_owner, conversation, url, settings):
    settings.PARLEY = {**settings.PARLEY, "NO_PICTURES": ["fake-1"]}
    gateway = connected("Gateway", "blind", "sees", "who-knows")
    listed(gateway, "blind", "sees", "who-knows", blind={"pictures": False}, sees={"pictures": True})
    options = re.findall(r'<option value="([^"]*)"[^>]* data-pictures="no"', at_owner.get("/").text)
    assert sorted(options) == ["", "fake-1", "gateway::blind"]
    for model in ("blind", "sees", "who-knows"):
        response = at_owner.post(url, {"model": gateway.choice(model)}, headers={"accept": TURBO})
        page = at_owner.get(conversation.get_absolute_url()).text
        for html in (response.text, page):
            assert (f'takes_pictures_{conversation.pk}" data-pictures="no"' in html) == (model == "blind")


def test_keeps_the_other_settings(at_owner, conversation, url):
    conversation.set_generation_settings(instructions="Be brief.", parameters={"temperature": 1})
    at_owner.post(url, {"model": "fake-2"})
    assert model_of(conversation) == "fake-2"
    assert (conversation.instructions, conversation.parameters) == ("Be brief.", {"temperature": 1})


def test_goes_back_to_the_conversation_without_javascript(at_owner, conversation, url):
    response = at_owner.post(url, {"model": "fake-2"})
    assert (response.status_code, response.url) == (303, conversation.get_absolute_url())


def test_goes_back_to_the_default(at_owner, conversation, url):
    conversation.set_generation_settings(model="fake-2")
    at_owner.post(url, {"model": ""})
    assert model_of(conversation) == ""


@pytest.mark.parametrize("choice", ["nobody-has-<this>", "gateway::other", "off::gpt-5", "theirs::gpt-5", "x" * 300])
def test_refuses_with_a_sentence_what_may_not_be_chosen(at_owner, conversation, stranger, url, choice):
    connected("Gateway")
    connected("Off", enabled=False)
    Connection.objects.filter(pk=connected("Theirs", owner=stranger).pk).update(slug="theirs")
    response = at_owner.post(url, {"model": choice}, headers={"accept": TURBO, "turbo-frame": "models"})
    assert response.status_code == 422
    assert "to choose. Choose one of the list." in response.text
    assert "<this>" not in response.text
    assert '<turbo-frame id="models"' in response.text
    assert model_of(conversation) == ""


def test_refuses_what_the_policy_of_a_host_does_not_allow(at_owner, conversation, url, settings):
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.Nothing"}
    assert at_owner.post(url, {"model": "fake-2"}).status_code == 422
    assert model_of(conversation) == ""


def test_takes_an_unlisted_name_where_the_administrator_allows_it(at_owner, conversation, url, settings):
    allowed = {"MODELS": ["fake-*"], "MODELS_UNLISTED": True}
    settings.PARLEY = {**settings.PARLEY, **allowed}
    assert at_owner.post(url, {"unlisted": "fake-9"}).status_code == 303
    assert model_of(conversation) == "fake-9"
    assert at_owner.post(url, {"unlisted": "gone::fake-9"}).status_code == 422


def test_tells_the_feed_and_changes_no_place_in_the_list(at_owner, conversation, url):
    version, updated_at = conversation.version, conversation.updated_at
    at_owner.post(url, {"model": "fake-2"})
    conversation.refresh_from_db()
    assert conversation.version > version
    assert conversation.updated_at == updated_at
