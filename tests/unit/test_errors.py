import ast
import re
from pathlib import Path

import pytest

import parley
from parley.conf import conf
from parley.errors import OF_A_FILE, SENTENCES, sentence
from parley.generation.accumulator import Accumulator
from parley.generation.outcome import BROKE_OFF, after_error
from parley.generation.refusals import STATUS_CODES

SOURCES = sorted(Path(parley.__file__).parent.rglob("*.py"))
KEY = "sk-a-very-secret-key"
ACTIONS = {"Ask", "Change", "Check", "Choose", "Continue", "Look", "Remove", "Retry", "Set", "Start", "Wait"}


PLACES = {"ProviderError": 0, "Outcome": 1, "after_error": 0, "fail": 1, "interrupt": 1, "_broken": 0}


def codes_in(path):
    """What the source gives as the code of an error: the literal arguments of these calls."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [word.value for word in node.keywords if word.arg == "error" and name == "settle"]
            given += node.args[PLACES.get(name, 99) :][:1]
            yield from (code.value for code in given if isinstance(code, ast.Constant) and code.value)


CODES = (
    {code for path in SOURCES for code in codes_in(path)}
    | set(STATUS_CODES.values())
    | set(BROKE_OFF)
    | {"no_key", "too_long", "provider_down", "wrong_address", "no_credit", "overloaded", "redirected"}
    | {"only_thought", "thought_too_long", "empty", "filtered"}
    | {"no_pictures", *OF_A_FILE}
)


def test_finds_the_codes_of_the_source():
    assert {
        "garbage",
        "redirected",
        "unreachable",
        "timeout",
        "cut",
        "worker_gone",
        "worker_gone_again",
        "internal",
    } <= CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_has_a_sentence_for_every_code(code):
    assert code in SENTENCES
    assert {after_error(code, Accumulator(shown)).error for shown in ("", "a")} <= SENTENCES.keys()


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_says_what_to_do_and_nothing_secret(code, settings):
    settings.PARLEY = {**settings.PARLEY, "API_KEY": KEY}
    words = sentence(code, model="gpt-x", provider=conf.provider)
    happened, to_do = words.rsplit(". ", 1)
    assert happened
    assert re.match(r"\w+", to_do)[0] in ACTIONS
    assert words.endswith(".")
    assert "{" not in words
    assert KEY not in words


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_fits_its_column(code):
    assert len(code) <= 40


def test_names_the_model_as_it_is_called():
    assert "“{key} %s <b>”" in sentence("model_not_found", model="{key} %s <b>", provider=conf.provider)


def test_calls_the_settings_as_they_are_called_here(settings):
    assert "Check OPENAI_API_KEY" in sentence("unauthorized", model="x", provider=conf.provider)
    settings.PARLEY = {k: v for k, v in settings.PARLEY.items() if k != "SETTINGS_CALLED"}
    assert "Check PARLEY['MODEL'] and PARLEY['BASE_URL']." in sentence(
        "model_not_found", model="x", provider=conf.provider
    )


def test_says_something_of_a_code_that_it_does_not_know():
    assert sentence("from the future", model="x", provider=conf.provider) == sentence(
        "internal", model="x", provider=conf.provider
    )
