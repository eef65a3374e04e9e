import pytest
from django.urls import reverse

from parley.models import Conversation, Preset

pytestmark = pytest.mark.django_db


@pytest.fixture
def preset(owner):
    return Preset.objects.create(owner=owner, name="Pirate", instructions="Talk like one.")


def url_of(preset):
    return reverse("parley:preset_delete", args=[preset.pk])


def test_deletes_it_and_leaves_what_began_with_it(at_owner, owner, preset):
    Conversation.start(owner, "Ahoy", **preset.generation_settings)
    response = at_owner.post(url_of(preset))
    assert (response.status_code, response.url) == (303, "/presets/")
    assert not Preset.objects.exists()
    assert Conversation.objects.get().instructions == "Talk like one."
