"""A site whose provider nobody has chosen yet sends nothing to anybody."""

import pytest

from parley import tasks

NOBODY = {"BASE_URL": "https://api.openai.com/v1", "API_KEY": ""}


@pytest.mark.parametrize(
    ("chosen", "asked"), [({}, 0), ({"API_KEY": "sk-1"}, 1), ({"BASE_URL": "http://127.0.0.1:9/v1"}, 1)]
)
def test_only_a_provider_that_was_chosen_is_asked_for_its_models(settings, monkeypatch, chosen, asked):
    settings.PARLEY = {**settings.PARLEY, **NOBODY, **chosen}
    refreshed = []
    monkeypatch.setattr(tasks.catalogue, "refresh", refreshed.append)
    tasks.refresh_models()
    assert len(refreshed) == asked
