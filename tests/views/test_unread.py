"""A server that reads less than it was sent says so under the answer, where nobody would look for it otherwise."""

import pytest

from parley.conf import conf
from parley.generation import engine
from parley.generation.outcome import Outcome
from parley.generation.prompt import Request
from parley.models import Message
from tests.views.conftest import reply_of

pytestmark = pytest.mark.django_db

QUESTION = "word " * 20_000


def answered(reply, usage, finish_reason="stop", question=QUESTION):
    """A reply to a long question, of which the provider has counted so many tokens."""
    Message.objects.filter(pk=reply.pk).update(status="streaming", attempt=1)
    reply.refresh_from_db()
    messages = [{"role": "user", "content": question}]
    writing = engine.Writing(reply, conf.provider, Request("m", messages), engine.Accumulator())
    writing.answer.add({"choices": [{"delta": {"content": "Well."}, "finish_reason": finish_reason}], "usage": usage})
    writing.answer.close()
    assert engine.settle(writing, Outcome("done"))
    return Message.objects.get(pk=reply.pk)


@pytest.fixture
def reply(owner):
    return reply_of(owner, "pending")


def page_of(at_owner, reply):
    return " ".join(at_owner.get(reply.conversation.get_absolute_url()).text.split())


def test_says_how_much_of_the_question_was_read_and_what_to_set(at_owner, reply):
    reply = answered(reply, {"prompt_tokens": 4090, "completion_tokens": 3})
    page = page_of(at_owner, reply)
    assert "The server read about 4,100 of 25,000 tokens of your question" in page
    assert "OLLAMA_CONTEXT_LENGTH=32768" in page


def test_says_that_the_window_of_ollama_is_full(at_owner, reply):
    reply = answered(reply, {"prompt_tokens": 4000, "completion_tokens": 96}, "length", question="short")
    page = page_of(at_owner, reply)
    assert "window of 4,096 tokens is full" in page
    assert "OLLAMA_CONTEXT_LENGTH=32768" in page
    assert "The server read" not in page


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({"prompt_tokens": 20_000, "completion_tokens": 3}, "stop"),
        ({}, "stop"),
        ({"prompt_tokens": 0, "completion_tokens": 9}, "stop"),
        ({"prompt_tokens": 16_000, "completion_tokens": 96}, "length"),
    ],
)
def test_says_nothing_of_it_otherwise(at_owner, reply, usage, reason):
    page = page_of(at_owner, answered(reply, usage, reason))
    assert "OLLAMA_CONTEXT_LENGTH" not in page


def test_forgets_it_with_the_answer(reply):
    reply = answered(reply, {"prompt_tokens": 4090})
    assert reply.sent_tokens == 25_000
    Message.objects.filter(pk=reply.pk).update(status="failed")
    reply.retry()
    assert Message.objects.get(pk=reply.pk).sent_tokens == 0


@pytest.mark.parametrize("usage", [[], "x", {"prompt_tokens": "many"}, {"prompt_tokens": [1]}, {"prompt_tokens": -5}])
def test_shows_a_page_whatever_an_import_has_counted(at_owner, reply, usage):
    Message.objects.filter(pk=reply.pk).update(status="done", usage=usage, sent_tokens=9, finish_reason="length")
    assert "The server read" not in page_of(at_owner, reply)
