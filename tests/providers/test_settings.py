"""What is set for a conversation is what the provider is sent, and nothing else."""

import pytest

from tests.fake_provider import expected_text
from tests.support.processes import until

UNSET = {"model", "messages", "stream", "stream_options"}


def settle(person, conversation, **settings):
    response = person.post(f"/c/{conversation}/settings/", **settings)
    assert response.status_code == 303, response.text


def sent(stack, question):
    return stack.provider.asked(question)[-1].body


def after(person, stack, question, **settings):
    """The request of a question in a conversation that has these settings."""
    conversation = person.start("hello")
    person.settled(conversation)
    settle(person, conversation, **settings)
    person.ask(conversation, question)
    return conversation, person.settled(conversation)


def test_sends_no_parameter_that_is_not_set(person, stack):
    person.answer("Nothing is set")
    assert sent(stack, "Nothing is set").keys() == UNSET


def test_sends_what_is_set(person, stack):
    chosen = {"temperature": "0", "top_p": "0.25", "max_tokens": "500", "reasoning_effort": "none"}
    after(person, stack, "Everything is set", instructions="Be brief.", **chosen)
    body = sent(stack, "Everything is set")
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    parameters = {name: value for name, value in body.items() if name not in UNSET}
    assert parameters == {"temperature": 0, "top_p": 0.25, "max_tokens": 500, "reasoning_effort": "none"}


def test_asks_the_model_that_was_chosen(person, stack):
    person.post("/models/refresh/")
    _, reply = after(person, stack, "Who are you?", model="fake-2")
    assert sent(stack, "Who are you?")["model"] == reply["model"] == "fake-2"


def test_begins_a_conversation_with_a_preset(person, stack):
    person.post("/presets/new/", name="Pirate", instructions="Talk like one.", temperature="1.5")
    preset = stack.db.query("SELECT id FROM parley_preset WHERE name = ?", "Pirate")[0]["id"]
    person.post("/conversations/", text="Ahoy, preset", preset=str(preset), model="")
    stack.provider.wait_for(lambda requests: any(request.question == "Ahoy, preset" for request in requests))
    body = sent(stack, "Ahoy, preset")
    assert body["messages"][0] == {"role": "system", "content": "Talk like one."}
    assert body["temperature"] == 1.5


def begun_in(person, folder, question):
    person.post("/conversations/", text=question, folder=folder, model="")


def moved_to(person, folder, question):
    conversation = person.start("hello")
    person.settled(conversation)
    assert person.post(f"/c/{conversation}/move/", folder=folder).status_code == 303
    person.ask(conversation, question)


@pytest.mark.parametrize("asked", [begun_in, moved_to])
def test_asks_as_the_folder_of_the_conversation_says(person, stack, asked):
    person.post("/models/refresh/")
    until(lambda: '<option value="fake-2">' in person.get("/").text, 20, "The models are not listed")
    name, question = f"Ships, {asked.__name__}", f"Ahoy, folder, {asked.__name__}"
    person.post("/folders/new/", name=name, instructions="Speak as a sailor.", model="fake-2", temperature="1.5")
    folder = stack.db.query("SELECT id FROM parley_folder WHERE name = ?", name)[0]["id"]
    asked(person, str(folder), question)
    stack.provider.wait_for(lambda requests: any(request.question == question for request in requests))
    body = sent(stack, question)
    assert body["messages"][0] == {"role": "system", "content": "Speak as a sailor."}
    assert (body["model"], body["temperature"]) == ("fake-2", 1.5)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", "1", "temperature"),
        ("top_p", "1", "top-p"),
        ("reasoning_effort", "high", "reasoning effort"),
    ],
)
def test_says_which_setting_the_provider_refuses(person, stack, name, value, words):
    question = f"/refuse {name} then /say 3 words"
    conversation, reply = after(person, stack, question, **{name: value})
    assert (reply["status"], reply["error"]) == ("failed", f"refused_{name}")
    page = person.page(conversation)
    assert f"does not take the {words} that is set" in page.reply["text"]
    assert page.reply["retry"]
    assert len(stack.provider.asked(question)) == 1


def test_answers_when_the_refused_setting_is_emptied(person, stack):
    question = "/refuse temperature then /say 3 words"
    conversation, _ = after(person, stack, question, temperature="1")
    settle(person, conversation, temperature="")
    person.post(person.page(conversation).reply["retry"])
    reply = person.settled(conversation)
    assert (reply["status"], reply["content"]) == ("done", expected_text(question))


def test_gives_the_limit_of_tokens_another_name_where_the_provider_wants_it(person, stack):
    question = "/refuse max_tokens then /say 3 words"
    _, reply = after(person, stack, question, max_tokens="50")
    assert (reply["status"], reply["content"]) == ("done", expected_text(question))
    first, *_, last = stack.provider.asked(question)
    assert (first.body["max_tokens"], last.body["max_completion_tokens"]) == (50, 50)
    assert "max_tokens" not in last.body


def test_does_not_wait_for_a_provider_that_lists_nothing(make_stack, fake_provider):
    """The list is asked for by the worker; pages show what there is."""
    stack = make_stack(env={"OPENAI_BASE_URL": f"{fake_provider.url}/silent/v1"})
    try:
        person = stack.person()
        for address in ("/", "/presets/new/"):
            response = person.get(address)
            assert response.status_code == 200
            assert response.elapsed.total_seconds() < 2
            assert "Default (fake-1)" in response.text
    finally:
        stack.down()


def test_lists_the_models_when_a_page_finds_no_list(person, stack):
    with stack.valkey.client() as client:
        client.delete(*client.keys("parley:models:*"))
    assert '<option value="fake-2">' not in person.get("/").text
    until(lambda: '<option value="fake-2">' in person.get("/").text, 20, "The models are not listed")
