"""Whatever a provider does, the reply ends in a state within its limit, and the key is in no text."""

import json

import pytest

from tests.fake_provider import expected_text
from tests.faults.conftest import assert_agree, until_settled
from tests.support.processes import Process, free_port, python
from tests.support.stack import API_KEY, Stack

TIMES = {"CONNECT_TIMEOUT": 1, "IDLE_TIMEOUT": 2, "ANSWER_TIMEOUT": 10}
SILENCE = TIMES["CONNECT_TIMEOUT"] + TIMES["IDLE_TIMEOUT"] + 2
TRIES = 3 * 2.5
AT_ONCE = 4

# (question, status, error code or "", whether all of its text is kept, seconds)
SCENARIOS = [
    ("/error 400", "failed", "bad_request", AT_ONCE),
    ("/error 401", "failed", "unauthorized", AT_ONCE),
    ("/error 404", "failed", "model_not_found", AT_ONCE),
    ("/error 429", "failed", "rate_limited", TRIES),
    ("/error 429 retry-after 1", "failed", "rate_limited", TRIES),
    ("/error 429 retry-after 600", "failed", "rate_limited", AT_ONCE),
    ("/error 500", "failed", "provider_down", TRIES),
    ("/error 503html", "failed", "provider_down", TRIES),
    ("/json", "done", "", AT_ONCE),
    ("/empty", "failed", "empty", AT_ONCE),
    ("/nothing", "failed", "empty", AT_ONCE),
    ("/no-first-byte", "failed", "timeout", SILENCE),
    ("/slow-bytes 3", "failed", "timeout", TIMES["ANSWER_TIMEOUT"] + 2),
    ("/stall-after 5", "interrupted", "stalled", SILENCE),
    ("/reset-after 5", "interrupted", "cut", AT_ONCE),
    ("/cut-after 5", "interrupted", "cut", AT_ONCE),
    ("/drop-after 5", "interrupted", "cut", AT_ONCE),
    ("/broken-json 5", "interrupted", "garbage", AT_ONCE),
    ("/in-band-error 5", "interrupted", "provider_error", AT_ONCE),
    ("/in-band-error 0", "failed", "provider_error", AT_ONCE),
    ("/in-band-error 0 coded 429", "failed", "rate_limited", TRIES),
    ("/no-done 20", "done", "", AT_ONCE),
    ("/length 20", "done", "", AT_ONCE),
    ("/content-filter 20", "done", "", AT_ONCE),
    ("/crlf 20", "done", "", AT_ONCE),
    ("/comments 20", "done", "", AT_ONCE),
    ("/multiline-data 20", "done", "", AT_ONCE),
    ("/missing-choices 20", "done", "", AT_ONCE),
    ("/null-content 20", "done", "", AT_ONCE),
    ("/huge-line", "failed", "garbage", AT_ONCE),
    ("/usage-last 20", "done", "", AT_ONCE),
    ("/two-done 20", "done", "", AT_ONCE),
    ("/after-done 20", "done", "", AT_ONCE),
    ("/utf8-every-byte", "done", "", AT_ONCE + 3),
    ("/surrogates", "done", "", AT_ONCE),
    ("/half-surrogate", "done", "", AT_ONCE),
    ("/nul", "done", "", AT_ONCE),
    ("/gzip 20", "done", "", AT_ONCE),
    ("/reasoning 20", "done", "", AT_ONCE),
]


@pytest.fixture(scope="module")
def short_stack(make_stack) -> Stack:
    """A product that loses patience with its provider within seconds."""
    stack = make_stack(conf=TIMES)
    yield stack
    for name in ("web", "worker"):
        stack.kill(name)


@pytest.fixture(scope="module")
def shared_person(short_stack):
    return short_stack.person()


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario[0].strip("/").replace(" ", "-"))
def scenario(request):
    return request.param


def test_ends_in_a_state_within_its_limit(short_stack, shared_person, reading, scenario):
    asked, status, error, seconds = scenario
    conversation = shared_person.start(asked)
    reader = reading(shared_person, conversation)
    row = until_settled(short_stack, conversation, seconds)
    assert (row["status"], row["error"]) == (status, error)
    assert_right_text(row, asked)
    assert_agree(short_stack, conversation, shared_person, reader)
    assert_key_nowhere(short_stack, conversation, shared_person, reader)
    if error:
        assert "retry" in reader.reply.actions
        assert len(reader.reply.words.split()) > 8
    assert ("resume" in reader.reply.actions) == (status == "interrupted")


def assert_right_text(row, asked):
    """All that came before something happened is kept, and nothing else is in the text."""
    if asked.startswith(("/slow-bytes", "/huge-line")):
        assert row["content"] == ""
    else:
        assert row["content"] == expected_text(asked)


def assert_key_nowhere(stack, conversation, person, reader):
    texts = [json.dumps(stack.db.messages(conversation), default=str), person.get(f"/c/{conversation}/").text]
    texts += [reader.reply.words, *stack.logs.values()]
    assert not any(API_KEY in text for text in texts)


def test_a_redirect_to_another_host_is_not_followed(short_stack, shared_person, reading):
    port = free_port()
    other = Process("other_provider", python("-m", "tests.fake_provider", "--port", str(port)), short_stack.folder)
    other.start().wait_for_line("ready", 20)
    try:
        conversation = shared_person.start(f"/redirect http://127.0.0.1:{port}")
        reader = reading(shared_person, conversation)
        row = until_settled(short_stack, conversation, AT_ONCE)
        assert (row["status"], row["error"], row["content"]) == ("failed", "redirected", "")
        assert_agree(short_stack, conversation, shared_person, reader)
        assert_key_nowhere(short_stack, conversation, shared_person, reader)
    finally:
        other.kill()


def test_a_refused_connection(short_stack, shared_person, reading):
    short_stack.kill("provider")
    conversation = shared_person.start("Is anybody there?")
    reader = reading(shared_person, conversation)
    row = until_settled(short_stack, conversation, TRIES)
    short_stack.start("provider")
    assert (row["status"], row["error"], row["content"]) == ("failed", "unreachable", "")
    assert_agree(short_stack, conversation, shared_person, reader)
    assert_key_nowhere(short_stack, conversation, shared_person, reader)


def test_a_provider_that_dies_in_the_middle(short_stack, shared_person, reading):
    asked = "/say 2000 words at 40 until you die"
    conversation = shared_person.start(asked)
    reader = reading(shared_person, conversation)
    reader.until_shown(100)
    short_stack.kill("provider")
    row = until_settled(short_stack, conversation, AT_ONCE)
    short_stack.start("provider")
    assert (row["status"], row["error"]) == ("interrupted", "cut")
    assert expected_text(asked).startswith(row["content"])
    assert_agree(short_stack, conversation, shared_person, reader)


def test_a_provider_that_freezes_in_the_middle(short_stack, shared_person, reading):
    asked = "/say 2000 words at 40 until you freeze"
    conversation = shared_person.start(asked)
    reader = reading(shared_person, conversation)
    reader.until_shown(100)
    short_stack.processes["provider"].freeze()
    row = until_settled(short_stack, conversation, SILENCE)
    short_stack.processes["provider"].thaw()
    assert (row["status"], row["error"]) == ("interrupted", "stalled")
    assert_agree(short_stack, conversation, shared_person, reader)
