import pytest

from parley.provider import Provider
from tests.views.branches import url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(conversation):
    return url_of(conversation, conversation.leaf())


def test_offers_what_can_be_done(at_owner, url):
    page = at_owner.get(url).text
    for verb in ("fork", "regenerate", "delete"):
        assert f'action="{url}{verb}/"' in page
    assert f"{url}delete-branch/" not in page
    assert "<html" in page


def test_is_a_frame_for_the_conversation(at_owner, url):
    frame = at_owner.get(url, headers={"turbo-frame": "message_menu"}).text
    assert '<turbo-frame id="message_menu"' in frame
    assert "<html" not in frame


def test_names_the_models_that_are_known(at_owner, url, settings):
    settings.PARLEY = {**settings.PARLEY, "MODELS": ["fake-1", "fake-2"]}
    assert "<option>fake-2</option>" in at_owner.get(url).text


def test_costs_no_more_of_settings_for_many_models(at_owner, url, settings, monkeypatch):
    """A provider of providers lists hundreds."""
    made = []
    monkeypatch.setattr("parley.conf.Provider", lambda *args, **values: made.append(1) or Provider(*args, **values))

    def cost(count):
        settings.PARLEY = {**settings.PARLEY, "MODELS": [f"other-{number}" for number in range(count)]}
        made.clear()
        assert at_owner.get(url).text.count("<option>") == count
        return len(made)

    assert cost(200) == cost(2)


def test_offers_no_fork_of_an_answer_that_is_being_written(at_owner, conversation):
    _, running = conversation.ask("And now?")
    assert "/fork/" not in at_owner.get(url_of(conversation, running)).text
