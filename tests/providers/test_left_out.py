"""However a reply ended, it says that the oldest messages did not fit."""

import pytest

from tests.support.processes import until

WORDS = "The oldest 2 messages of this conversation did not fit"


@pytest.fixture(scope="module")
def stack(make_stack):
    stack = make_stack(conf={"CONTEXT_WINDOW": 100})
    yield stack
    stack.down()


@pytest.fixture(scope="module")
def person(stack):
    return stack.person()


def asked_again(person, question):
    conversation = person.start("/say 40 words")
    person.settled(conversation)
    person.ask(conversation, question)
    return conversation


@pytest.mark.parametrize(
    ("question", "status"), [("/say 5 words", "done"), ("/cut-after 5", "interrupted"), ("/error 400", "failed")]
)
def test_says_what_was_left_out_however_it_ends(person, question, status):
    conversation = asked_again(person, question)
    assert person.settled(conversation)["status"] == status
    assert WORDS in person.page(conversation).reply["text"]


def test_says_what_was_left_out_when_it_is_stopped(person, stack):
    conversation = asked_again(person, "/say 200 words at 10")
    until(lambda: stack.db.reply(conversation)["content"], 20, "Nothing was written")
    reply = [*person.page(conversation).messages][-1]
    assert person.post(f"/messages/{reply}/stop/", turbo=True).status_code == 200
    until(lambda: WORDS in person.page(conversation).reply["text"], 10, "It does not say so")
    assert stack.db.reply(conversation)["status"] == "stopped"
