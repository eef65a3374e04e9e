import pytest

from parley.forms.generation_settings import GenerationSettingsForm, NamedForm
from parley.models import Conversation, Preset
from parley.models.generation_settings import EFFORTS

EMPTY = {"model": "", "instructions": "", "parameters": {}}
MODELS = [("localhost", {"fake-1": "fake-1", "fake-2": "fake-2"})]


def generation_settings(instance=None, **data):
    form = GenerationSettingsForm(data, instance=instance, models=MODELS)
    return form.generation_settings if form.is_valid() else None


def errors(**data):
    return GenerationSettingsForm(data, models=MODELS).errors


def choices(instance=None, models=MODELS):
    return [
        (value, str(label))
        for value, label in GenerationSettingsForm(instance=instance, models=models).fields["model"].choices
    ]


def test_sets_nothing_that_is_left_empty():
    assert generation_settings() == EMPTY
    everything = ("model", "instructions", "temperature", "top_p", "max_tokens", "reasoning_effort")
    assert generation_settings(**dict.fromkeys(everything, "")) == EMPTY
    assert generation_settings(instructions=" \n ") == EMPTY


def test_takes_what_is_set():
    text = generation_settings(
        model="fake-2",
        instructions="Be\r\nbrief.\ud83d",
        temperature="0",
        top_p="0.5",
        max_tokens="100",
        reasoning_effort="low",
    )
    parameters = {"temperature": 0, "top_p": 0.5, "max_tokens": 100, "reasoning_effort": "low"}
    assert text == {"model": "fake-2", "instructions": "Be\nbrief.\ufffd", "parameters": parameters}


def test_offers_every_reasoning_effort():
    offered = [value for value, _ in GenerationSettingsForm().fields["reasoning_effort"].choices]
    assert offered == ["", *EFFORTS]
    assert [generation_settings(reasoning_effort=effort)["parameters"] for effort in EFFORTS] == [
        {"reasoning_effort": effort} for effort in EFFORTS
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "fake-3"),
        ("temperature", "-1"),
        ("temperature", "2.01"),
        ("temperature", "warm"),
        ("temperature", "nan"),
        ("temperature", "inf"),
        ("top_p", "0"),
        ("top_p", "1.5"),
        ("max_tokens", "0"),
        ("max_tokens", "1.5"),
        ("max_tokens", "9" * 30),
        ("reasoning_effort", "huge"),
        ("instructions", "x" * 32_001),
    ],
)
def test_refuses_what_cannot_be(field, value):
    assert list(errors(**{field: value})) == [field]


def test_offers_the_default_first_and_names_it():
    assert choices()[0] == ("", "Default (fake-1)")
    assert [value for value, _ in choices()] == ["", "fake-1", "fake-2"]


def test_keeps_the_name_of_a_model_that_is_gone_with_a_note():
    conversation = Conversation(model="fake-0")
    assert ("fake-0", "fake-0 (not offered now)") in choices(conversation)
    assert generation_settings(conversation, model="fake-0")["model"] == "fake-0"


def test_offers_the_default_and_what_there_is_when_nothing_is_listed():
    assert [value for value, _ in choices(Conversation(model="fake-0"), ())] == ["", "fake-0"]


def test_takes_an_unlisted_name_where_the_administrator_allows_it(settings):
    assert generation_settings(unlisted="anything")["model"] == ""
    settings.PARLEY = {**settings.PARLEY, "MODELS_UNLISTED": True, "MODELS": ["fake-*"]}
    assert generation_settings(model="fake-1", unlisted=" fake-9 ")["model"] == "fake-9"
    assert generation_settings(model="fake-1", unlisted="")["model"] == "fake-1"
    assert list(errors(unlisted="other")) == ["unlisted"]


def test_begins_with_what_is_set_and_shows_nothing_unsound():
    form = GenerationSettingsForm(
        instance=Conversation(model="fake-1", parameters={"temperature": 0, "max_tokens": "many"})
    )
    assert (form["temperature"].value(), form["max_tokens"].value()) == (0, None)


def test_offers_the_models_of_several_connections_under_their_names():
    groups = [*MODELS, ("Gateway", {"gateway::fake-1": "fake-1 · Gateway", "gateway::llama3:8b": "llama3:8b"})]
    assert choices(models=groups)[1:] == [
        ("localhost", "[('fake-1', 'fake-1'), ('fake-2', 'fake-2')]"),
        ("Gateway", "[('gateway::fake-1', 'fake-1 · Gateway'), ('gateway::llama3:8b', 'llama3:8b')]"),
    ]
    form = GenerationSettingsForm({"model": "gateway::fake-1"}, models=groups)
    assert form.is_valid()
    assert form.generation_settings["model"] == "gateway::fake-1"


def test_shows_no_more_than_a_select_can_and_takes_all_that_is_offered():
    many = [("localhost", {f"fake-{number}": f"fake-{number}" for number in range(2_000)})]
    assert len(choices(models=many)) == 201
    assert "fake-1999" not in dict(choices(models=many))
    form = GenerationSettingsForm({"model": "fake-1999"}, models=many)
    assert form.is_valid()
    assert ("fake-1999", "fake-1999") in form.fields["model"].choices


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_wants_a_name_for_a_preset(name):
    assert list(NamedForm({"name": name}, instance=Preset()).errors) == ["name"]


def test_keeps_the_name_of_a_preset_in_one_line():
    form = NamedForm({"name": " My\n  preset "}, instance=Preset(name="old"))
    assert form.is_valid()
    assert form.cleaned_data["name"] == "My preset"
    assert NamedForm(instance=Preset(name="old"))["name"].value() == "old"
