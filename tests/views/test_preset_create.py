import pytest
from django.urls import reverse

from parley.models import Preset

URL = "/presets/new/"

pytestmark = pytest.mark.django_db


def test_has_its_address():
    assert reverse("parley:preset_create") == URL


def test_shows_a_form(at_owner):
    page = at_owner.get(URL)
    assert page.status_code == 200
    assert 'name="instructions"' in page.text


def test_makes_a_preset_of_the_one_who_asks(at_owner, at_stranger, owner):
    response = at_owner.post(URL, {"name": "Pirate", "instructions": "Talk like one.", "temperature": "1.5"})
    assert (response.status_code, response.url) == (303, "/presets/")
    preset = Preset.objects.get()
    assert (preset.owner, preset.name, preset.instructions) == (owner, "Pirate", "Talk like one.")
    assert preset.parameters == {"temperature": 1.5}
    assert "Pirate" not in at_stranger.get("/presets/").text


@pytest.mark.parametrize("data", [{"name": " "}, {"name": "x" * 101}, {"name": "ok", "top_p": "0"}])
def test_refuses_what_cannot_be_and_keeps_what_was_typed(at_owner, data):
    response = at_owner.post(URL, {"instructions": "typed <before>", **data})
    assert response.status_code == 422
    assert "typed &lt;before&gt;" in response.text
    assert 'role="alert"' in response.text
    assert not Preset.objects.exists()


def test_says_when_there_are_too_many(at_owner, at_stranger, owner):
    Preset.objects.bulk_create(Preset(owner=owner, name=f"preset {number}") for number in range(Preset.LIMIT))
    response = at_owner.post(URL, {"name": "one more"})
    assert response.status_code == 422
    assert "Delete one first" in response.text
    assert at_stranger.post(URL, {"name": "the first"}).status_code == 303
    assert Preset.objects.filter(owner=owner).count() == Preset.LIMIT
