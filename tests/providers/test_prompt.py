"""What the provider is sent."""

import pytest

from tests.support.stack import API_KEY


def test_sends_the_history_in_order_and_streams(person, stack):
    conversation = person.start("First question")
    person.settled(conversation)
    person.ask(conversation, "Second question")
    person.settled(conversation)
    [request] = stack.provider.asked("Second question")
    assert request.messages == [
        {"role": "user", "content": "First question"},
        {"role": "assistant", "content": "You said: First question"},
        {"role": "user", "content": "Second question"},
    ]
    assert request.body["stream"] is True
    assert request.body["model"] == "fake-1"


@pytest.mark.parametrize("thinking", ["/reasoning 5", '/say-text "<think>Let me think.</think>So."'])
def test_does_not_send_back_what_was_thought(person, stack, thinking):
    conversation = person.start(thinking)
    thought = person.settled(conversation)
    assert "think" in thought["reasoning"]
    person.ask(conversation, "And then?")
    person.settled(conversation)
    [request] = stack.provider.asked("And then?")
    assert request.messages == [
        {"role": "user", "content": thinking},
        {"role": "assistant", "content": thought["content"]},
        {"role": "user", "content": "And then?"},
    ]
    assert "Let me" not in thought["content"]


def test_sends_the_key_as_the_standard_says(person, stack):
    person.answer("Which key?")
    [request] = stack.provider.asked("Which key?")
    assert request.headers["authorization"] == f"Bearer {API_KEY}"


def test_makes_one_request_for_one_question(person, stack):
    person.answer("Just one")
    assert len(stack.provider.completions) == 1
    assert stack.provider.completions[0].completed


def test_sends_each_conversation_its_own_history(person, stack):
    person.answer("A secret")
    person.answer("Something else")
    [request] = stack.provider.asked("Something else")
    assert "secret" not in str(request.messages)


def test_tells_the_model_what_was_read_of_a_broken_answer_and_that_it_was_cut_off(person, stack):
    conversation = person.start("/cut-after 5")
    broken = person.settled(conversation)
    person.ask(conversation, "/error 400")
    person.settled(conversation)
    person.ask(conversation, "Please go on with that")
    assert person.settled(conversation)["status"] == "done"
    [request] = stack.provider.asked("Please go on with that")
    assert request.messages == [
        {"role": "user", "content": "/cut-after 5"},
        {"role": "assistant", "content": f"{broken['content']}\n\n[This answer was cut off.]"},
        {"role": "user", "content": "/error 400\n\nPlease go on with that"},
    ]
    assert "cut off" not in person.page(conversation).html
    assert [message["content"] for message in stack.db.messages(conversation)][1] == broken["content"]
