import re

import pytest
from django.contrib.auth.models import Group

from parley import broker
from parley.conf import conf
from parley.models import Conversation, Price, Profile
from parley.policy import Policy
from tests.support.connections import connected, listed
from tests.views.branches import say, url_of

URL = "/models/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]


@pytest.fixture(autouse=True)
def _named_models(settings, monkeypatch):
    """The settings' provider has two models by name, and no worker is there to list others."""
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["fake-1", "fake-2"]}
    monkeypatch.setattr(broker, "send", lambda *task: True)


class OnlyLlamas(Policy):
    def models(self, user, offered):
        return [choice for choice in offered if "llama" in choice]


def choices(page):
    return re.findall(r'<button class="choice" name="model" value="([^"]*)"', page.text)


def headings(page):
    return re.findall(r"<h2[^>]*>\s*<bdi>([^<]*)", page.text)


def framed(client, **query):
    return client.get(URL, query, headers={"turbo-frame": "models"})


def test_offers_the_models_of_all_connections_under_their_names(at_owner):
    connected("Gateway")
    connected("Ollama <3>", "llama3:8b")
    page = at_owner.get(URL)
    assert headings(page) == [conf.provider.name, "Gateway", "Ollama &lt;3&gt;"]
    own = ["fake-1", "fake-2"]
    assert choices(page) == [*own, "gateway::gpt-5", "gateway::llama3:8b", "ollama-3::llama3:8b"]
    assert "<html" in page.text


def test_offers_nothing_of_connections_that_are_not_for_this_person(at_owner, stranger):
    connected("Off", enabled=False)
    connected("Theirs", owner=stranger)
    connected("For staff").groups.add(Group.objects.create(name="staff"))
    assert choices(at_owner.get(URL)) == ["fake-1", "fake-2"]


def test_is_a_frame_for_the_composer_with_the_chosen_model_marked(at_owner, conversation):
    gateway = connected()
    conversation.set_generation_settings(model=gateway.choice("gpt-5"))
    page = framed(at_owner, **{"for": conversation.pk})
    assert "<html" not in page.text
    assert f'action="/c/{conversation.pk}/model/"' in page.text
    assert choices(page)[0] == ""
    marked = re.findall(r'value="([^"]*)" aria-current="true"', page.text)
    assert marked == ["gateway::gpt-5"]


def test_is_chosen_from_to_answer_a_message_again(at_owner, owner, conversation):
    reply = conversation.leaf()
    named = {"for": str(conversation.pk), "again": str(reply.pk)}
    page = framed(at_owner, **named)
    assert "Answer again by…</h1>" in page.text
    assert f'action="{url_of(conversation, reply, "regenerate/")}" data-turbo-frame="_top"' in page.text
    assert choices(page) == ["", "fake-1", "fake-2"]
    assert f"again={reply.pk}" in at_owner.post(f"{URL}favourite/", {**named, "favourite": "fake-2"}).url
    _, elsewhere = say(Conversation.objects.create(owner=owner, title="Another"), "question", "answer")
    assert framed(at_owner, **{**named, "again": elsewhere.pk}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("GPT", ["gateway::gpt-5"]),
        ("gate llama", ["gateway::llama3:8b"]),
        (" fake-2 ", ["fake-2"]),
        ("<b>nothing", []),
    ],
)
def test_searches_names_of_models_and_connections(at_owner, query, found):
    connected()
    page = framed(at_owner, q=query)
    assert choices(page) == found
    assert "<b>" not in page.text
    assert found or "No model has" in page.text


def test_shows_a_hundred_of_each_connection_and_finds_the_others(at_owner):
    gateway = connected("Gateway", "*")
    listed(gateway, *(f"model-{number:04}" for number in range(2_000)))
    page = framed(at_owner)
    assert len(choices(page)) == 102
    assert "1,900 more: type to find them." in page.text
    assert choices(framed(at_owner, q="1987")) == ["gateway::model-1987"]


def test_says_since_when_the_list_of_a_connection_is_that_is_away(at_owner, monkeypatch):
    asked = []
    monkeypatch.setattr(broker, "send", lambda *task: asked.append(task) or True)
    gateway, fresh = connected("Gateway", "*"), connected("Fresh", "*", base_url="https://fresh.example/v1")
    listed(gateway, "old-1", ago=5 * 24 * 3600)
    listed(fresh, "new-1")
    page = framed(at_owner)
    assert choices(page)[2:] == ["fresh::new-1", "gateway::old-1"]
    assert len(re.findall("as listed", page.text)) == 1
    assert ("parley.refresh_models", "gateway") in asked
    assert ("parley.refresh_models", "fresh") not in asked


def test_tells_what_is_known_of_a_model(at_owner):
    told = {"window": 131_072, "pictures": True, "reasoning": False, "prices": {"input": "1.25", "output": "10"}}
    listed(connected("Gateway", "*"), "a", "b", "c", a=told, b={"could_read": 8192})
    page = framed(at_owner, q="gateway").text
    assert re.findall("context [0-9,]+", page) == ["context 130,000", "context 8,200"]
    assert page.count("<span>pictures</span>") == 1
    assert "<span>reasoning</span>" not in page
    assert page.count("1.25 in, 10 out per million tokens") == 1


def test_prefers_the_prices_of_this_site(at_owner):
    listed(connected("Gateway", "*"), "a", a={"prices": {"input": "1", "output": "2"}})
    Price.objects.create(connection="gateway", model="*", input="0.5", output="3")
    assert "0.5 in, 3 out per million tokens" in framed(at_owner, q="gateway").text


def test_hides_at_once_what_an_administrator_hides(at_owner):
    gateway = connected("Gateway", "*")
    listed(gateway, "chat-1", "old-chat")
    gateway.hidden = ["old-*"]
    gateway.save()
    assert choices(framed(at_owner))[2:] == ["gateway::chat-1"]


def test_offers_what_a_row_can_keep(at_owner):
    listed(connected("Gateway", "*"), "x" * 200, "x" * 191)
    assert choices(framed(at_owner))[2:] == [f"gateway::{'x' * 191}"]


def test_begins_with_the_favourites_that_are_still_offered(at_owner, owner):
    connected()
    for choice in ("gone::gpt-5", "gateway::llama3:8b", "fake-2"):
        Profile.toggle_favourite(owner, choice)
    page = framed(at_owner)
    assert headings(page) == ["Favourites", conf.provider.name, "Gateway"]
    assert choices(page) == ["fake-2", "gateway::llama3:8b", "fake-1", "gateway::gpt-5"]
    assert page.text.count('aria-pressed="true"') == 2


def test_is_narrowed_by_the_policy_of_a_host(at_owner, settings):
    connected()
    settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.OnlyLlamas"}
    assert choices(framed(at_owner)) == ["gateway::llama3:8b"]


def test_offers_nothing_of_a_connection_whose_key_is_lost(at_owner):
    connected("Lost", secret="of another site")
    assert headings(framed(at_owner)) == [conf.provider.name]


def test_says_that_nothing_is_listed(at_owner, settings):
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["*"]}
    assert "No model is listed yet." in framed(at_owner).text


def test_finds_no_conversation_of_others(at_stranger, conversation):
    assert framed(at_stranger, **{"for": conversation.pk}).status_code == 404
    assert framed(at_stranger, **{"for": "nonsense"}).status_code == 404
