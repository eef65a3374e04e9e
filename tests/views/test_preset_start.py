import re

import pytest
from django.urls import reverse

from parley.models import Conversation, Folder, Preset

CREATE = "/conversations/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def preset(owner):
    generation_settings = {"model": "fake-9", "instructions": "Talk like one.", "parameters": {"temperature": 1.5}}
    return Preset.objects.create(owner=owner, name="Pi<rate>", **generation_settings)


def url_of(preset):
    return reverse("parley:preset_start", args=[preset.pk])


def test_shows_the_page_of_a_new_conversation_with_the_preset_chosen(at_owner, preset):
    page = at_owner.get(url_of(preset)).text
    assert f'name="preset" value="{preset.pk}"' in page
    assert "Pi&lt;rate&gt;" in page
    assert re.search(r'<option value="fake-9" selected', page)


def test_starts_a_conversation_that_has_its_settings(at_owner, preset):
    at_owner.post(CREATE, {"text": "Ahoy", "preset": preset.pk, "model": "fake-9"})
    conversation = Conversation.objects.get()
    assert (conversation.instructions, conversation.parameters) == ("Talk like one.", {"temperature": 1.5})
    assert conversation.model == "fake-9"


def test_lets_another_model_be_chosen(at_owner, preset):
    at_owner.post(CREATE, {"text": "Ahoy", "preset": preset.pk, "model": ""})
    conversation = Conversation.objects.get()
    assert (conversation.instructions, conversation.model) == ("Talk like one.", "")


def test_takes_its_model_where_no_other_was_asked_for(at_owner, preset):
    at_owner.post(CREATE, {"text": "Ahoy", "preset": preset.pk})
    assert Conversation.objects.get().model == "fake-9"


def test_refuses_a_model_that_nobody_offers(at_owner, preset):
    response = at_owner.post(CREATE, {"text": "Ahoy <there>", "preset": preset.pk, "model": "nobody-has-this"})
    assert response.status_code == 422
    assert "Ahoy &lt;there&gt;" in response.text
    assert f'name="preset" value="{preset.pk}"' in response.text
    assert not Conversation.objects.exists()


def test_keeps_the_preset_when_the_question_is_refused(at_owner, preset):
    response = at_owner.post(CREATE, {"text": " ", "preset": preset.pk, "model": ""})
    assert response.status_code == 422
    assert f'name="preset" value="{preset.pk}"' in response.text


def test_gives_nothing_of_it_to_a_stranger(at_stranger, preset):
    response = at_stranger.post(CREATE, {"text": "Ahoy", "preset": preset.pk, "model": ""})
    assert response.status_code == 422
    assert not Conversation.objects.exists()


def test_says_that_it_was_deleted_meanwhile_and_sends_without_it_then(at_owner, preset):
    question = {"text": "Ahoy <there>", "preset": preset.pk, "model": ""}
    preset.delete()
    response = at_owner.post(CREATE, question)
    assert response.status_code == 422
    assert "was deleted" in response.text
    assert "Ahoy &lt;there&gt;" in response.text
    assert 'name="preset"' not in response.text


@pytest.mark.parametrize("nonsense", ["x", "7", "' OR 1=1"])
def test_refuses_what_names_no_preset(at_owner, nonsense):
    assert at_owner.post(CREATE, {"text": "Ahoy", "preset": nonsense, "model": ""}).status_code == 422


def test_stays_in_the_folder(at_owner, owner, preset):
    folder = Folder.objects.create(owner=owner, name="Ships")
    page = at_owner.get(f"{url_of(preset)}?folder={folder.pk}").text
    assert f'name="folder" value="{folder.pk}"' in page
    assert f"/start/?folder={folder.pk}" in page


def test_names_the_model_of_the_folder_as_the_default(at_owner, owner):
    folder = Folder.objects.create(owner=owner, name="Ships", model="folder-model")
    assert "Default (folder-model)" in at_owner.get(f"/?folder={folder.pk}").text
