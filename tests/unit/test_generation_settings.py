import pytest

from parley.checks import lists_of_models
from parley.models.generation_settings import MAX_TOKENS, may_ask, sound

POSSIBLE = [
    {"temperature": 0},
    {"temperature": 2.0},
    {"top_p": 0.01},
    {"top_p": 1},
    {"max_tokens": 1},
    {"max_tokens": MAX_TOKENS},
    {"reasoning_effort": "none"},
    {"reasoning_effort": "high"},
    {"reasoning_effort": "xhigh"},
]
IMPOSSIBLE = [
    {"temperature": -0.1},
    {"temperature": 2.1},
    {"temperature": "1"},
    {"temperature": True},
    {"temperature": float("nan")},
    {"temperature": None},
    {"temperature": [1]},
    {"top_p": 0},
    {"top_p": 1.1},
    {"max_tokens": 0},
    {"max_tokens": 1.5},
    {"max_tokens": MAX_TOKENS + 1},
    {"reasoning_effort": "huge"},
    {"reasoning_effort": ""},
    {"reasoning_effort": 1},
    {"stream": False},
    {"messages": []},
]


@pytest.mark.parametrize("parameters", POSSIBLE, ids=str)
def test_keeps_what_is_possible(parameters):
    assert sound(parameters) == parameters


@pytest.mark.parametrize("parameters", IMPOSSIBLE, ids=str)
def test_drops_what_is_not(parameters):
    assert sound({"temperature": 1, **parameters}) == ({} if "temperature" in parameters else {"temperature": 1})


@pytest.mark.parametrize("nonsense", [None, "", [], "temperature", 7, [["temperature", 1]]])
def test_takes_nothing_from_nonsense(nonsense):
    assert sound(nonsense) == {}


def test_may_ask_every_model_until_the_administrator_says_otherwise(settings):
    assert may_ask("anything/at-all:7b")
    settings.PARLEY = {**settings.PARLEY, "MODEL": "gpt-5-mini", "MODELS": ["claude-*", "llama3.2"]}
    asked = ("gpt-5-mini", "claude-opus", "llama3.2", "llama3.3", "GPT-5-MINI", "")
    assert [may_ask(model) for model in asked] == [True, True, True, False, False, False]


@pytest.mark.parametrize("patterns", ["gpt-*", None, ["gpt-*", 5], {"gpt-*": 1}], ids=str)
def test_is_no_valid_setting_unless_it_is_a_list_of_patterns(settings, patterns):
    assert lists_of_models() == []
    settings.PARLEY = {**settings.PARLEY, "MODELS": patterns}
    assert [error.id for error in lists_of_models()] == ["parley.E004"]
