import pytest

from parley.models import Preset

pytestmark = pytest.mark.django_db


@pytest.fixture
def preset(owner):
    return Preset.objects.create(owner=owner, name="Pirate", instructions="Talk <so>.", parameters={"temperature": 1.5})


def test_shows_what_is_set(at_owner, preset):
    page = at_owner.get(preset.get_absolute_url()).text
    assert 'value="Pirate"' in page
    assert "Talk &lt;so&gt;." in page
    assert 'value="1.5"' in page


def test_keeps_what_is_changed(at_owner, preset):
    response = at_owner.post(preset.get_absolute_url(), {"name": "Sailor", "instructions": "", "max_tokens": "100"})
    assert (response.status_code, response.url) == (303, "/presets/")
    preset.refresh_from_db()
    assert (preset.name, preset.instructions, preset.parameters) == ("Sailor", "", {"max_tokens": 100})


def test_refuses_what_cannot_be(at_owner, preset):
    response = at_owner.post(preset.get_absolute_url(), {"name": "", "instructions": "typed <before>"})
    assert response.status_code == 422
    assert "typed &lt;before&gt;" in response.text
    preset.refresh_from_db()
    assert preset.name == "Pirate"
