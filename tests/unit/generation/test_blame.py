import pytest

from parley.generation.chat_completions import blame, in_newer_names, wants_newer_name
from parley.generation.refusals import Refusal

OPENAI = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
SENT = ("temperature", "top_p", "max_tokens", "reasoning_effort")


def blamed(text, sent, *, named=""):
    return blame(Refusal(400, text, param=named), sent)


def test_uses_the_newer_names_where_there_are_any():
    assert in_newer_names({"max_tokens": 9, "top_p": 1}) == {"max_completion_tokens": 9, "top_p": 1}


@pytest.mark.parametrize(
    ("text", "named", "names"),
    [
        ("Unsupported value", "temperature", ["temperature"]),
        (OPENAI, "", ["max_tokens"]),
        ("[{'loc': ['body', 'reasoning_effort'], 'msg': 'Extra inputs are not permitted'}]", "", ["reasoning_effort"]),
        ('"llama3.2" does not support thinking', "", ["reasoning_effort"]),
        ("`top_p` must be above 0", "", ["top_p"]),
        ("`temperature` and `top_p` cannot both be specified for this model.", "", ["temperature", "top_p"]),
        ("messages: too many", "messages", []),
        ("This model's maximum context length is 2048 tokens", "", []),
    ],
)
def test_finds_what_a_refusal_is_about(text, named, names):
    assert blamed(text, SENT, named=named) == names


def test_blames_nothing_that_was_not_sent():
    assert blamed(OPENAI, []) == []
    assert blamed("temperature", ["top_p"], named="temperature") == []
    assert blamed("does not support thinking", ["temperature"]) == []


def test_says_our_name_of_what_was_sent_under_the_newer_one():
    assert blamed("max_completion_tokens is too large", ["max_completion_tokens"]) == ["max_tokens"]


def test_tries_the_newer_name_once():
    assert wants_newer_name(OPENAI, {"max_tokens": 1})
    assert not wants_newer_name(OPENAI, {"max_completion_tokens": 1})
    assert not wants_newer_name("max_tokens is too large", {"max_tokens": 1})
