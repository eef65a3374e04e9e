import pytest
from django.db import transaction

from parley.models import Conversation, Feed, Folder, Preset
from tests.models.conftest import begun

pytestmark = pytest.mark.django_db

GENERATION_SETTINGS = {"model": "fake-2", "instructions": "Be brief.", "parameters": {"temperature": 0.5}}


@pytest.fixture
def folder(owner):
    generation_settings = {
        "model": "folder-model",
        "instructions": "Be kind.",
        "parameters": {"temperature": 1, "top_p": 0.5},
    }
    return Folder.objects.create(owner=owner, name="Ships", **generation_settings)


def in_force(conversation):
    return (conversation.effective_model, conversation.effective_instructions, conversation.effective_parameters)


def test_begins_with_what_it_is_given(owner):
    conversation, _ = Conversation.start(owner, "hello", **GENERATION_SETTINGS)
    conversation.refresh_from_db()
    assert conversation.generation_settings == GENERATION_SETTINGS


def test_asks_the_default_and_sends_nothing_when_nothing_is_set(conversation, settings):
    assert in_force(conversation) == (settings.PARLEY["MODEL"], "", {})


def test_is_as_its_folder_where_it_says_nothing(conversation, folder):
    conversation.folder = folder
    assert in_force(conversation) == ("folder-model", "Be kind.", {"temperature": 1, "top_p": 0.5})


def test_goes_before_its_folder(conversation, folder):
    conversation.folder = folder
    conversation.set_generation_settings(**GENERATION_SETTINGS)
    assert in_force(conversation) == ("fake-2", "Be brief.", {"temperature": 0.5, "top_p": 0.5})


def test_sends_nothing_unsound_whatever_the_row_holds(conversation):
    for nonsense in ([], "x", None, {"temperature": "hot", "stream": False}):
        conversation.parameters = nonsense
        assert conversation.effective_parameters == conversation.generation_settings["parameters"] == {}


def test_is_told_by_the_feed_when_it_changes(conversation):
    before = Feed.version_of(conversation.owner)
    conversation.set_generation_settings(**GENERATION_SETTINGS)
    assert conversation.version == Feed.version_of(conversation.owner) == before + 1


def test_leaves_the_rest_of_the_row_as_it_is(conversation):
    Conversation.objects.filter(pk=conversation.pk).update(title="renamed meanwhile")
    conversation.set_generation_settings(**GENERATION_SETTINGS)
    conversation.refresh_from_db()
    assert (conversation.title, conversation.model) == ("renamed meanwhile", "fake-2")


def test_does_not_change_with_the_preset_it_began_with(owner):
    preset = Preset.objects.create(owner=owner, name="Pirate", **GENERATION_SETTINGS)
    conversation, _ = Conversation.start(owner, "hello", **preset.generation_settings)
    preset.set_generation_settings(instructions="Be long.")
    conversation.refresh_from_db()
    assert conversation.instructions == "Be brief."


def test_takes_the_title_of_a_model_in_place_of_the_question(conversation):
    usage = {"model": "titler", "completion_tokens": 3}
    assert conversation.take_title("A parley", usage)
    conversation.refresh_from_db()
    assert (conversation.title, conversation.titled_by, conversation.title_usage) == ("A parley", "model", usage)
    assert conversation.version == Feed.version_of(conversation.owner)


@pytest.mark.parametrize("named_by", ["person", "model"])
def test_leaves_a_name_that_was_given_meanwhile_but_notes_the_cost(conversation, named_by):
    Conversation.objects.filter(pk=conversation.pk).update(title="Mine", titled_by=named_by)
    assert not conversation.take_title("A parley", {"completion_tokens": 3})
    conversation.refresh_from_db()
    assert (conversation.title, conversation.titled_by) == ("Mine", named_by)
    assert conversation.title_usage == {"completion_tokens": 3}


def test_is_not_named_by_a_model_that_had_nothing_to_say(conversation):
    assert not conversation.take_title("", {})
    conversation.refresh_from_db()
    assert conversation.titled_by == "question"


def test_survives_that_it_was_deleted_meanwhile(owner):
    conversation = begun(owner)
    Conversation.objects.filter(pk=conversation.pk).delete()
    with transaction.atomic():
        assert not conversation.take_title("A parley", {})


def test_sorts_presets_by_name_in_any_case(owner):
    for name in ("b", "A", "C"):
        Preset.objects.create(owner=owner, name=name)
    assert [preset.name for preset in Preset.objects.all()] == ["A", "b", "C"]


def test_has_a_limit_of_presets_for_each_person(owner, stranger):
    Preset.objects.bulk_create(Preset(owner=owner, name=str(number)) for number in range(Preset.LIMIT))
    assert not Preset.has_capacity(owner)
    assert Preset.has_capacity(stranger)
