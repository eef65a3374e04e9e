"""Two providers in one conversation: each answers what it is asked, and one that is down says so by its name."""

from uuid import UUID

import pytest

from tests.support.processes import free_port
from tests.support.second_provider import connect


@pytest.fixture(scope="module")
def two(_impatient, fake_provider):
    """The product of the other tests here, with a second provider, and a third that is down."""
    connect(_impatient, "Second & Sons", fake_provider.base_url, "other-1")
    connect(_impatient, "Broken", f"http://127.0.0.1:{free_port()}/v1", "other-1")
    return fake_provider


def again(person, conversation, model):
    """Regenerate the newest reply with a model, and return the row of the new one."""
    reply = UUID(str(person.db.reply(conversation)["id"]))
    response = person.post(f"/c/{conversation}/messages/{reply}/regenerate/", model=model)
    assert response.status_code == 303, response.text
    return person.settled(conversation)


def test_answer_the_same_question_one_after_the_other(person, stack, two):
    conversation = person.start("Who are you both?")
    assert person.settled(conversation)["model"] == "fake-1"
    second = again(person, conversation, "second-sons::other-1")
    assert (second["status"], second["model"]) == ("done", "second-sons::other-1")
    assert [request.body["model"] for request in two.asked("Who are you both?")] == ["other-1"]
    assert [request.body["model"] for request in stack.provider.asked("Who are you both?")] == ["fake-1"]
    assert stack.provider.asked("Who are you both?")[0].headers["authorization"].startswith("Bearer sk-")
    assert "sk-" not in str(two.asked("Who are you both?"))
    page = person.get(f"/c/{conversation}/").text
    assert "<span>other-1</span><span>Second &amp; Sons</span>" in page


def test_name_the_one_that_is_down_and_the_other_still_answers(person, stack, two):
    conversation = person.start("Is anybody there?")
    person.settled(conversation)
    broken = again(person, conversation, "broken::other-1")
    assert (broken["status"], broken["error"]) == ("failed", "unreachable")
    assert "the address of the connection “Broken”" in person.get(f"/c/{conversation}/").text
    assert again(person, conversation, "second-sons::other-1")["status"] == "done"
    assert again(person, conversation, "")["status"] == "done"
    assert len(stack.provider.asked("Is anybody there?")) == 2
