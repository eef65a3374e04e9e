from dataclasses import replace

import pytest

from parley.generation.chat_completions import GO_ON, STREAM, Dialect, body
from parley.generation.inclusion import Picture
from parley.generation.prompt import Request
from parley.generation.refusals import Refusal

ASKED = Request("m", [{"role": "user", "content": "q"}])
BEGUN = Request("m", [*ASKED.messages, {"role": "assistant", "content": "Once"}])
ANTHROPIC = "This model does not support assistant message prefill. The conversation must end with a user message."
MISTRAL = "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
TEMPLATE = "Conversation roles must alternate user/assistant/user/assistant/..."


def learn(text, request=BEGUN, dialect=None, *, status=400):
    return (dialect or Dialect()).after(Refusal(status, text), request)


def messages(request, dialect):
    return body(request, dialect)["messages"]


def test_says_things_as_they_are_at_first():
    asked = Request("m", BEGUN.messages, {"top_p": 1})
    assert body(asked, Dialect()) == {"model": "m", "messages": BEGUN.messages, **STREAM, "top_p": 1}


@pytest.mark.parametrize(
    "text", [ANTHROPIC, TEMPLATE, "Bad Request", "final assistant content cannot end with whitespace"]
)
def test_asks_for_the_rest_where_an_answer_cannot_be_begun(text):
    dialect = learn(text)
    assert dialect.going_on == "question"
    assert messages(BEGUN, dialect) == [*BEGUN.messages, {"role": "user", "content": GO_ON}]
    assert messages(ASKED, dialect) == ASKED.messages
    assert learn(text, dialect=dialect) is None


def test_marks_the_beginning_as_mistral_wants_it_and_asks_for_the_rest_where_that_does_not_help():
    dialect = learn(MISTRAL)
    assert messages(BEGUN, dialect)[-1] == {"role": "assistant", "content": "Once", "prefix": True}
    assert learn(MISTRAL, dialect=dialect).going_on == "question"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, "no"), (402, "no"), (404, "no"), (429, "no"), (503, "no"),
        (400, "prompt is too long"), (400, "API key not valid"), (400, "temperature must be 1"),
    ],
)  # fmt: skip
def test_does_not_ask_otherwise_where_that_is_not_what_was_refused(status, text):
    assert learn(text, replace(BEGUN, parameters={"temperature": 0}), status=status) is None


def test_leaves_out_all_that_one_refusal_names():
    asked = replace(ASKED, parameters={"max_tokens": 5, "top_p": 1}, optional=frozenset({"max_tokens"}))
    dialect = learn("extra keys: stream_options, max_tokens, top_p", asked)
    assert body(asked, dialect) == {"model": "m", "messages": ASKED.messages, "stream": True, "top_p": 1}


def test_takes_no_refusal_for_one_of_what_was_not_sent():
    dialect = Dialect(without=frozenset({"stream_options"}))
    for text in ("unknown field stream_options", "unknown field max_tokens", "unknown field"):
        assert learn(text, replace(ASKED, optional=frozenset({"max_tokens"})), dialect) is None


def test_leaves_out_what_is_refused_by_its_newer_name():
    asked = replace(ASKED, parameters={"max_tokens": 5}, optional=frozenset({"max_tokens"}))
    dialect = learn("no max_completion_tokens here", asked, Dialect(newer_names=True))
    assert body(asked, dialect).keys() == {"model", "messages", *STREAM}


INSTRUCTED = Request("m", [{"role": "system", "content": "Be brief."}, *ASKED.messages])


@pytest.mark.parametrize(
    "text",
    [
        "System role not supported",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Only user and assistant roles are supported!",
    ],
)
def test_puts_instructions_above_the_first_question_where_they_have_no_role(text):
    dialect = learn(text, INSTRUCTED)
    assert messages(INSTRUCTED, dialect) == [{"role": "user", "content": "Be brief.\n\nq"}]
    assert messages(ASKED, dialect) == ASKED.messages
    assert learn(text, INSTRUCTED, dialect) is None
    assert learn(text, ASKED) is None


@pytest.mark.parametrize("text", ["Internal system error", "{'message': 'The system is busy.'}"])
def test_does_not_give_up_instructions_where_the_server_has_failed(text):
    assert learn(text, INSTRUCTED, status=500) is None


@pytest.mark.parametrize(
    "text", ["System role not supported", "'system' role is not supported", "Unexpected role `system`"]
)
def test_gives_up_instructions_where_a_template_has_no_place_for_them(text):
    assert learn(text, INSTRUCTED, status=500).instructs is False


@pytest.mark.parametrize(
    ("status", "text", "guessed"),
    [
        (500, "Internal Server Error", True), (501, "", True), (400, "Bad Request", False), (500, TEMPLATE, False),
        (500, "Cannot have an assistant message at the end", False),
    ],
)  # fmt: skip
def test_only_guesses_where_a_server_may_have_failed(status, text, guessed):
    assert learn(text, status=status) == Dialect(going_on="question", guessed=guessed)


def test_writes_pictures_as_parts_also_below_instructions_that_have_no_role():
    picture = Picture("a.png", "attachments/a/picture", "image/png", 9, 1)
    request = Request("m", [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [picture, "q"]}])
    words = {"type": "text", "text": "q"}
    assert messages(request, Dialect())[1]["content"] == [picture, words]
    [joined] = messages(request, Dialect(instructs=False))
    assert joined == {"role": "user", "content": [{"type": "text", "text": "Be brief."}, picture, words]}
    assert request.pictures == [picture]
