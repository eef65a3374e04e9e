"""The title that a model writes after the first answer."""

import pytest

from tests.fake_provider import expected_text
from tests.support.processes import until


@pytest.fixture
def stack(titling_stack):
    return titling_stack


@pytest.fixture
def person(stack):
    return stack.person()


def row(stack, conversation):
    columns = "title, titled_by, title_usage, version"
    return stack.db.query(f"SELECT {columns} FROM parley_conversation WHERE id = ?", stack.db.key(conversation))[0]


def titles(stack):
    return [request for request in stack.provider.completions if request.body["model"] == "fake-title"]


def titled(person, stack, question):
    """The row of a conversation whose title was asked for."""
    stack.provider.clear()
    conversation = person.start(question)
    person.settled(conversation)
    until(lambda: titles(stack) and not titles(stack)[-1].running, 15, "No title was asked for")
    return conversation


def named_by_model(person, stack, question):
    conversation = titled(person, stack, question)
    return until(
        lambda: (found := row(stack, conversation))["titled_by"] == "model" and found, 10, "No title was written"
    )


def test_names_a_conversation_after_its_first_answer(person, stack):
    found = named_by_model(person, stack, '/say 5 words titled by /say-text "**Title:** A *fine* title."')
    assert found["title"] == "A fine title"


def test_makes_one_small_request(person, stack):
    named_by_model(person, stack, "What is a parley?")
    [request] = titles(stack)
    assert request.body["max_tokens"] == 500
    assert "What is a parley?" in request.question
    assert "You said: What is a parley?" in request.question


def test_keeps_what_it_cost(person, stack):
    found = named_by_model(person, stack, "/say 5 words titled by /say 4 words")
    assert '"completion_tokens": 4' in found["title_usage"]
    assert '"model": "fake-title"' in found["title_usage"]


def test_asks_once_for_each_conversation(person, stack):
    conversation = titled(person, stack, "/say 5 words titled by /empty")
    person.ask(conversation, "/say 6 words titled by /say 4 words")
    person.settled(conversation)
    assert len(titles(stack)) == 1
    assert row(stack, conversation)["titled_by"] == "question"


def test_asks_for_none_before_there_is_an_answer(person, stack):
    stack.provider.clear()
    conversation = person.start("/error 401 titled by /say 4 words")
    assert person.settled(conversation)["status"] == "failed"
    person.ask(conversation, "/say 5 words titled by /say 4 words")
    assert person.settled(conversation)["status"] == "done"
    until(lambda: row(stack, conversation)["titled_by"] == "model", 10, "No title was written")
    assert len(titles(stack)) == 1


@pytest.mark.parametrize("directive", ["/error 500", "/empty", "/in-band-error 0", "/reset-after 3", "/huge-line"])
def test_keeps_the_question_when_the_title_fails(person, stack, directive):
    conversation = titled(person, stack, f"/say 5 words titled by {directive}")
    reply = stack.db.reply(conversation)
    assert (reply["status"], reply["content"]) == ("done", expected_text("/say 5 words"))
    assert row(stack, conversation)["titled_by"] == "question"


def test_holds_up_no_reply_while_the_title_does_not_come(person, stack):
    conversation = titled_soon(person, stack, "/say 5 words titled by /no-first-byte")
    person.ask(conversation, "And then?")
    assert person.settled(conversation)["status"] == "done"
    assert titles(stack)[0].running


def test_holds_up_no_worker_that_ends(person, stack):
    before = len(stack.logs["worker"])
    conversation = titled_soon(person, stack, "/say 5 words titled by /no-first-byte")
    stack.stop("worker")
    words = stack.logs["worker"][before:]
    stack.start("worker")
    assert "Unclosed" not in words
    assert "ERROR" not in words
    assert row(stack, conversation)["titled_by"] == "question"


def titled_soon(person, stack, question):
    stack.provider.clear()
    conversation = person.start(question)
    person.settled(conversation)
    stack.provider.wait_for(lambda requests: any(request.body["model"] == "fake-title" for request in requests))
    return conversation


def test_does_not_overwrite_a_name_given_by_hand(person, stack):
    conversation = titled_soon(person, stack, "/say 5 words titled by /say 4 words after 1")
    stack.db.query(
        "UPDATE parley_conversation SET title = 'Mine', titled_by = 'person' WHERE id = ?", stack.db.key(conversation)
    )
    until(lambda: "completion_tokens" in row(stack, conversation)["title_usage"], 10, "The title did not come")
    assert (row(stack, conversation)["title"], row(stack, conversation)["titled_by"]) == ("Mine", "person")


def test_shows_a_hostile_title_as_text(person, stack):
    found = named_by_model(person, stack, '/say 5 words titled by /say-text "<script>alert(1)</script>\\u202e\\u0000"')
    assert found["title"].startswith("<script>alert(1)</script>")
    assert "<script>alert" not in person.get("/").text


def test_tells_every_tab(person, stack):
    conversation = titled_soon(person, stack, '/say 5 words titled by /say-text "Told to all" after 1')
    with person.socket() as socket:
        socket.open(conversation, version=row(stack, conversation)["version"])
        assert socket.until(lambda message: "Told to all" in str(message))
