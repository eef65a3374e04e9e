"""Whatever a provider does wrong, the reply fails with a sentence, keeps its text, and offers to retry."""

import pytest

from parley.conf import conf
from parley.errors import sentence
from tests.fake_provider import expected_text, question_for
from tests.support.stack import API_KEY

BEFORE_ANY_TEXT = {
    "/error 400": "bad_request",
    "/error 401": "unauthorized",
    "/error 404": "model_not_found",
    "/error 429": "rate_limited",
    "/error 500": "provider_down",
    "/error 503html": "provider_down",
    "/empty": "empty",
    "/nothing": "empty",
    "/broken-json 0": "garbage",
    "/in-band-error 0": "provider_error",
    "/no-first-byte": "timeout",
    "/slow-bytes": "timeout",
}
AFTER_SOME_TEXT = {
    "/broken-json 5": "garbage",
    "/in-band-error 5": "provider_error",
    "/stall-after 5": "stalled",
    "/cut-after 5": "cut",
    "/drop-after 5": "cut",
    "/reset-after 5": "cut",
}
FIRE = b"The engine is on fire, sk-not-to-be-read-1234 \\u001b[31m<b>now</b>\\ud83d\\u0000\\r\\n."
ERRORS_IN_BAND = {
    "object": b'{"object":"error","message":"%s","code":500}',
    "detail": b'{"detail":"%s"}',
    "choice": b'{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"message":"%s","code":502}}]}',
}
AFTER_THOUGHTS = {
    "/stall-after 0 thinking": "stalled",
    "/cut-after 0 thinking": "cut",
    "/drop-after 0 thinking": "cut",
    "/reset-after 0 thinking": "cut",
}


def name_of(question):
    return question.strip("/").replace(" ", "-")


@pytest.mark.parametrize("question", BEFORE_ANY_TEXT, ids=name_of)
def test_fails_with_a_sentence_and_a_way_to_retry(person, question):
    conversation = person.start(question)
    reply = person.settled(conversation)
    assert (reply["status"], reply["error"], reply["content"]) == ("failed", BEFORE_ANY_TEXT[question], "")
    assert_says_what_to_do(person, conversation, reply)


@pytest.mark.parametrize("question", AFTER_SOME_TEXT, ids=name_of)
def test_keeps_the_text_of_an_answer_that_broke_off(person, question):
    conversation = person.start(question)
    reply = person.settled(conversation)
    assert reply["status"] in ("failed", "interrupted")
    assert reply["error"] == AFTER_SOME_TEXT[question]
    assert reply["content"] == expected_text(question)
    assert expected_text(question) in person.page(conversation).reply["text"]
    assert_says_what_to_do(person, conversation, reply)


@pytest.mark.parametrize("error", ERRORS_IN_BAND.values(), ids=ERRORS_IN_BAND)
@pytest.mark.parametrize("begun", [True, False])
def test_tells_the_provider_s_own_sentence_and_never_the_model(person, stack, error, begun):
    words = b'data: {"choices":[{"index":0,"delta":{"content":"Half a"},"finish_reason":null}]}\n\n' * begun
    conversation = person.start(question_for(words + b"data: " + error % FIRE + b"\n\ndata: [DONE]\n\n"))
    reply = person.settled(conversation)
    assert (reply["status"], reply["error"]) == ("interrupted" if begun else "failed", "provider_error")
    assert reply["content"] == "Half a" * begun
    assert reply["error_detail"] == "The engine is on fire, *** <b>now</b>\ufffd\ufffd ."
    page = person.page(conversation)
    assert "The provider said: “The engine is on fire, *** <b>now</b>" in page.reply["text"]
    assert "<b>now" not in page.html
    assert page.reply["retry"]
    person.ask(conversation, "What now?")
    person.settled(conversation)
    assert "engine" not in str([m for m in stack.provider.asked("What now?")[0].messages if m["role"] != "user"])


@pytest.mark.parametrize("question", AFTER_THOUGHTS, ids=name_of)
def test_says_that_it_broke_off_when_only_thoughts_had_come(person, stack, question):
    conversation = person.start(question)
    reply = person.settled(conversation)
    assert (reply["status"], reply["error"], reply["content"]) == ("failed", AFTER_THOUGHTS[question], "")
    assert reply["reasoning"]
    assert reply["reasoning"] in person.page(conversation).html
    assert len(stack.provider.asked(question)) == 1
    assert_says_what_to_do(person, conversation, reply)


def assert_says_what_to_do(person, conversation, reply):
    page = person.page(conversation)
    assert page.reply["retry"]
    assert sentence(reply["error"], model=reply["model"], provider=conf.provider) in page.reply["text"]
    assert API_KEY not in page.html
    assert "Deliberate failure" not in page.html


def test_never_tells_the_key(person, stack):
    reply = person.answer("/error 401")
    assert API_KEY not in str(reply)
    assert API_KEY not in str(stack.logs)


def test_never_sends_an_error_or_a_state_to_the_model(person, stack):
    conversation = person.start("/broken-json 5")
    person.settled(conversation)
    person.ask(conversation, "/error 429")
    person.settled(conversation)
    person.ask(conversation, "What now?")
    assert person.settled(conversation)["status"] == "done"
    [request] = stack.provider.asked("What now?")
    sent = " ".join(message["content"] for message in request.messages)
    for words in ("Thinking", "provider", "went wrong", "Retry"):
        assert words.lower() not in sent.lower()


def test_answers_after_a_retry(person, stack):
    question = "/fail-first 1 with 401 then /say 12 words"
    conversation = person.start(question)
    assert person.settled(conversation)["status"] == "failed"
    assert person.post(person.page(conversation).reply["retry"]).status_code == 303
    reply = person.settled(conversation)
    assert (reply["status"], reply["content"], reply["error"]) == ("done", expected_text(question), "")
    assert len(stack.db.messages(conversation)) == 2


def test_tries_again_by_itself_while_nothing_was_shown(person, stack):
    question = "/fail-first 2 with 503 then /say 12 words"
    reply = person.answer(question)
    assert (reply["status"], reply["content"]) == ("done", expected_text(question))
    assert len(stack.provider.asked(question)) == 3


def test_waits_as_long_as_the_provider_says(person, stack):
    question = "/fail-first 1 with 429 retry-after 2 then /say 12 words"
    assert person.answer(question)["status"] == "done"
    first, second = stack.provider.asked(question)
    assert 2 <= second.started - first.ended < 4


def test_waits_until_the_date_that_the_provider_says(person, stack):
    question = "/fail-first 1 with 429 retry-date 4 then /say 12 words"
    assert person.answer(question)["status"] == "done"
    first, second = stack.provider.asked(question)
    assert second.started - first.ended >= 2.5


@pytest.mark.parametrize("question", ["/error 400", "/error 401", "/error 404"], ids=name_of)
def test_does_not_try_again_what_cannot_help(person, stack, question):
    question += " once"
    person.answer(question)
    assert len(stack.provider.asked(question)) == 1


def test_does_not_try_again_after_text_was_shown(person, stack):
    question = "/reset-after 7 of 30"
    person.answer(question)
    assert len(stack.provider.asked(question)) == 1


def test_follows_no_redirect_with_the_key(person, fake_provider):
    fake_provider.clear()
    assert person.answer(f"/redirect {fake_provider.url}")["status"] == "failed"
    assert fake_provider.requests == []


@pytest.mark.faults
def test_says_that_the_provider_cannot_be_reached(person, stack):
    stack.kill("provider")
    conversation = person.start("Is anybody there?")
    reply = person.settled(conversation)
    stack.start("provider")
    assert (reply["status"], reply["error"]) == ("failed", "unreachable")
    assert_says_what_to_do(person, conversation, reply)


@pytest.mark.slow
def test_says_that_a_key_is_missing(make_stack):
    stack = make_stack(env={"OPENAI_API_KEY": ""}, conf={"API_KEY": "", "MODEL": "fake-1"})
    try:
        person = stack.person()
        conversation = person.start("/error 401")
        reply = person.settled(conversation)
        assert reply["error"] == "no_key"
        assert_says_what_to_do(person, conversation, reply)
    finally:
        stack.down()
