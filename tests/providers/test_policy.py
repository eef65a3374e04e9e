"""The policy of a site in real web servers and workers, on both databases."""

import time

import pytest
from websockets.exceptions import ConnectionClosed

POLICY = {"POLICY": "tests.support.policies.Gate"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stack(request, make_stack):
    url = request.getfixturevalue("postgres").create("policy") if request.param == "postgresql" else ""
    made = make_stack(conf=POLICY, database_url=url)
    yield made
    made.down()


@pytest.fixture
def person(stack):
    return stack.person()


def put(person, last_name):
    person.db.query("UPDATE auth_user SET last_name = ? WHERE username = ?", last_name, person.name)


def test_changes_what_is_sent(stack, person):
    stack.provider.clear()
    assert person.answer("/say 3 words")["status"] == "done"
    [asked] = stack.provider.completions
    assert asked.messages[0] == {"role": "system", "content": f"You speak to {person.name}."}


@pytest.mark.parametrize(
    ("question", "detail", "sentence"),
    [
        ("refuse /say 3 words", "Not during the exam.", "Not during the exam."),
        ("break /say 3 words", "", "This site does not let this question be sent to a model."),
        ("hang /say 3 words", "", "This site does not let this question be sent to a model."),
    ],
)
def test_fails_a_reply_that_the_policy_does_not_let_be_asked(stack, person, question, detail, sentence):
    stack.provider.clear()
    conversation, began = person.start(question), time.monotonic()
    reply = person.settled(conversation)
    assert (reply["status"], reply["error"], reply["error_detail"]) == ("failed", "refused_by_site", detail)
    assert time.monotonic() - began < 4.5
    assert stack.provider.completions == []
    assert sentence in person.page(conversation).html


def test_delays_nobody_else_while_it_hangs(stack, person):
    person.start("hang /say 3 words")
    began = time.monotonic()
    assert stack.person().answer("/say 3 words")["status"] == "done"
    assert time.monotonic() - began < 1.9


def test_keeps_out_whom_it_no_longer_lets_in(stack, person):
    conversation = person.start("/say 3 words")
    person.settled(conversation)
    link = share(person, conversation)
    with person.socket() as socket:
        socket.open(conversation)
        put(person, "out")
        with pytest.raises(ConnectionClosed) as closed:
            socket.until(lambda message: False)
    assert closed.value.rcvd.code == 4403
    assert person.get(f"/c/{conversation}/").status_code == 403
    assert person.post("/attachments/").status_code == 403
    assert person.http.get(link).status_code == 200
    with person.socket() as socket, pytest.raises(ConnectionClosed) as closed:
        socket.receive()
    assert closed.value.rcvd.code == 4403


def share(person, conversation):
    person.post(f"/c/{conversation}/share/", lasts="never")
    return "http" + person.get("/shares/").text.split('value="http')[1].split('"')[0]


def test_writes_nothing_for_whom_it_keeps_out_meanwhile(stack, person):
    stack.kill("worker")
    conversation = person.start("/say 3 words")
    put(person, "out")
    stack.start("worker")
    assert person.settled(conversation, 60)["error"] == "refused_by_site"
