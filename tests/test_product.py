"""The whole product, on each database: real web server, worker, Valkey and sockets."""

import gzip

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.fake_provider import expected_text
from tests.support.frames import is_end

SIGNED_OUT = 4401
QUESTION = "/say 200 words at 100"
LAST_WORDS = expected_text(QUESTION)[-40:]


@pytest.fixture
def product(any_stack):
    return any_stack


@pytest.fixture
def person(product):
    return product.person()


def test_answers_a_question_to_the_letter(product, person):
    reply = person.answer(QUESTION)
    assert (reply["status"], reply["content"]) == ("done", expected_text(QUESTION))
    assert product.provider.asked(QUESTION)[0].completed


@pytest.mark.parametrize("question", ["/utf8-every-byte", "/surrogates", "/half-surrogate", "/nul"])
def test_keeps_every_text_that_a_provider_can_send(person, question):
    assert person.answer(question)["content"] == expected_text(question)


def test_streams_frames_to_every_socket(product, person):
    conversation = person.start(QUESTION)
    reply = list(person.page(conversation).messages)[-1]
    with person.socket() as first, person.socket() as second:
        for socket in (first, second):
            socket.open(conversation)
            socket.follow(reply)
        for socket in (first, second):
            socket.until(lambda message: is_end(message) or ("stream" in message and LAST_WORDS in message["stream"]))
            assert len([message for message in socket.messages if isinstance(message, list)]) >= 5


def test_answers_twenty_questions_at_once(product, person):
    question = "/say 80 words at 100"
    conversations = [person.start(f"{question} number {number}") for number in range(20)]
    for conversation in conversations:
        reply = person.settled(conversation, 60)
        assert (reply["status"], reply["content"]) == ("done", expected_text(question))
    assert len(product.provider.completions) == 20


def test_refuses_sockets_from_pages_of_other_sites(person):
    with pytest.raises(InvalidStatus), person.socket(origin="https://evil.example"):
        pass


def test_closes_sockets_of_visitors_who_did_not_sign_in(person):
    with person.socket(signed_in=False) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.receive()
    assert closed.value.rcvd.code == SIGNED_OUT


def test_tells_a_stranger_nothing_of_a_reply_over_the_socket(product, person):
    stranger = product.person()
    with stranger.socket() as socket:
        conversation = person.start("/say 60 words at 60")
        socket.open(conversation)
        socket.follow(list(person.page(conversation).messages)[-1])
        assert person.settled(conversation)["status"] == "done"
        socket.send(do="ping")
        assert socket.receive() == {"pong": True}


def test_says_whether_the_worker_is_alive(stack):
    assert "One is alive on" in stack.manage("parley_check", "--timeout", "20", "--url", stack.url)


def test_says_that_no_worker_is_alive(stack):
    stack.kill("worker")
    try:
        with pytest.raises(AssertionError, match="None has answered within 1 seconds"):
            stack.manage("parley_check", "--timeout", "1")
    finally:
        stack.start("worker")


def test_serves_its_files_without_a_warning(product, person):
    assert person.get("/static/parley/icon.svg").status_code == 200
    assert "Warning" not in product.logs["web"]


@pytest.mark.parametrize(("name", "most"), [("parley.js", 60_000), ("parley.css", 20_000)])
def test_sends_what_the_first_page_needs_compressed_and_small(person, name, most):
    path = f"/static/parley/{name}"
    with person.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as response:
        wire = b"".join(response.iter_raw())
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(wire) < most
    assert gzip.decompress(wire) == person.http.get(path, headers={"Accept-Encoding": "identity"}).content
