"""Each call to a provider is kept, with what it cost and how it came out."""

from uuid import UUID

import pytest

from tests.support.processes import until


@pytest.fixture
def stack(titling_stack):
    return titling_stack


@pytest.fixture
def person(stack):
    return stack.person()


def calls(stack, conversation, purpose="answer"):
    of_reply = "SELECT * FROM parley_call WHERE reply_id = ? AND purpose = ? ORDER BY id"
    return stack.db.query(of_reply, stack.db.key(stack.db.reply(conversation)["id"]), purpose)


def test_keeps_the_call_of_an_answer_and_of_its_title(person, stack):
    conversation = person.start("/usage-last 5 titled by /say 4 words")
    person.settled(conversation)
    [call] = calls(stack, conversation)
    assert (call["outcome"], call["provider"], call["model"]) == (
        "done",
        stack.provider.base_url.split("/")[2],
        "fake-1",
    )
    assert (call["completion_tokens"], call["cached_tokens"], call["reasoning_tokens"]) == (5, 1, 2)
    assert float(call["cost"]) == 0.00025
    assert call["started_at"] <= call["first_token_at"] <= call["ended_at"]
    [title] = until(lambda: calls(stack, conversation, "title"), 20, "The call for the title was not kept")
    assert (title["outcome"], title["model"], title["completion_tokens"]) == ("done", "fake-title", 4)


def test_keeps_each_try(person, stack):
    conversation = person.start("/fail-first 2 with 503 then /say 5 words titled by /error 500")
    person.settled(conversation)
    tries = calls(stack, conversation)
    assert [(call["number"], call["outcome"]) for call in tries] == [(1, "failed"), (2, "failed"), (3, "done")]
    assert [call["first_token_at"] is None for call in tries] == [True, True, False]
    [title] = until(lambda: calls(stack, conversation, "title"), 20, "The call for the title was not kept")
    assert (title["outcome"], title["error"]) == ("failed", "provider_down")


def test_keeps_what_was_stopped(person, stack):
    conversation = person.start("/say 500 words at 20")
    until(lambda: stack.db.reply(conversation)["content"], 20, "Nothing was written")
    reply = UUID(str(stack.db.reply(conversation)["id"]))
    assert person.post(f"/messages/{reply}/stop/", turbo=True).status_code == 200
    [call] = until(lambda: calls(stack, conversation), 20, "The call was not kept")
    assert (call["outcome"], call["estimated"]) == ("stopped", True)
    assert 0 < call["prompt_tokens"] < 100
    assert call["completion_tokens"] > 0


def test_keeps_that_it_asked_for_a_title_when_the_worker_ends(person, stack):
    conversation = person.start("/say 5 words titled by /no-first-byte")
    person.settled(conversation)
    stack.provider.wait_for(lambda requests: any(request.body["model"] == "fake-title" for request in requests))
    stack.stop("worker")
    [title] = calls(stack, conversation, "title")
    assert (title["outcome"], title["error"]) == ("interrupted", "worker_gone")
