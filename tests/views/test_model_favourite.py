import pytest

from parley import broker
from parley.models import Profile
from parley.models.profile import MAX_FAVOURITES
from tests.support.connections import connected

URL = "/models/favourite/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_valkey")]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(broker, "send", lambda *task: True)


def star(client, choice, **more):
    return client.post(URL, {"favourite": choice, **more})


def favourites(user):
    return Profile.objects.get(pk=user.pk).favourites if Profile.objects.filter(pk=user.pk).exists() else []


def test_gives_a_star_and_takes_it_away(at_owner, owner, conversation):
    connected()
    response = star(at_owner, "gateway::gpt-5", q="gpt", **{"for": conversation.pk})
    assert response.status_code == 303
    assert response.url == f"/models/?q=gpt&turned=gateway%3A%3Agpt-5&for={conversation.pk}"
    assert favourites(owner) == ["gateway::gpt-5"]
    page = at_owner.get(response.url).text
    assert page.count(" autofocus") == 1
    star(at_owner, "gateway::gpt-5")
    assert favourites(owner) == []


def test_takes_the_star_of_what_is_gone_and_gives_none_to_what_is_not_offered(at_owner, owner):
    gateway = connected()
    star(at_owner, "gateway::gpt-5")
    gateway.delete()
    star(at_owner, "gateway::llama3:8b")
    for size in (201, 2_000_000):
        assert star(at_owner, "x" * size).status_code == 404
    assert favourites(owner) == ["gateway::gpt-5"]
    star(at_owner, "gateway::gpt-5")
    assert favourites(owner) == []


def test_says_that_there_are_too_many(at_owner, owner):
    connected("Gateway", *(f"model-{number}" for number in range(MAX_FAVOURITES + 1)))
    Profile.change(owner, favourites=[f"gateway::model-{number}" for number in range(MAX_FAVOURITES)])
    response = star(at_owner, f"gateway::model-{MAX_FAVOURITES}")
    assert response.status_code == 422
    assert "You have 50 favourites" in response.text
    assert len(favourites(owner)) == MAX_FAVOURITES
    assert star(at_owner, "gateway::model-0").status_code == 303
