"""parley.testing: replies in the transaction of a test, without a worker."""

import pytest

from parley.models import Conversation, Message, reply_claimed, reply_settled
from parley.policy import Policy
from parley.testing import FakeProvider, settled, site, write_replies

pytestmark = pytest.mark.django_db


class Adds(Policy):
    def prompt(self, reply, messages):
        return [{"role": "system", "content": reply.conversation.owner.get_username()}, *messages]


@pytest.fixture
def provider():
    with site() as running:
        yield running


def test_writes_what_the_provider_is_told_to_say(owner, provider):
    provider.says("A talk  between\nenemies. ")
    conversation, reply = Conversation.start(owner, "What is a parley?")
    conversation.ask("And then?")
    first, second = write_replies()
    assert (first.pk, first.status, first.content) == (reply.pk, "done", "A talk  between\nenemies. ")
    assert second.content == "You said: And then?"
    assert first.usage["completion_tokens"] > 0
    assert [each["messages"][-1]["content"] for each in provider.requests] == ["What is a parley?", "And then?"]
    assert write_replies() == []


def test_refuses_as_it_is_told_to(owner, provider):
    provider.fails(401, "Who are you?")
    Conversation.start(owner, "What is a parley?")
    [reply] = write_replies()
    assert (reply.status, reply.error) == ("failed", "unauthorized")


def test_asks_the_policy_and_sends_signals_in_the_transaction_of_the_test(owner):
    seen = []

    def see(reply, **_):
        seen.append(Message.objects.get(pk=reply.pk).status)

    reply_claimed.connect(see)
    reply_settled.connect(see)
    try:
        with site(POLICY=f"{__name__}.Adds") as provider:
            Conversation.start(owner, "What is a parley?")
            write_replies()
    finally:
        reply_claimed.disconnect(see)
        reply_settled.disconnect(see)
    assert seen == ["streaming", "done"]
    assert provider.requests[0]["messages"][0] == {"role": "system", "content": "owner"}


def test_says_that_no_worker_runs(owner, provider):
    _, reply = Conversation.start(owner, "What is a parley?")
    with pytest.raises(TimeoutError, match="Does a worker run"):
        settled(reply, 0.2)
    write_replies()
    assert settled(reply, 0.2).status == "done"


def test_streams_word_by_word(owner):
    with site(FakeProvider("one two three", pause=0.01)) as provider:
        Conversation.start(owner, "What is a parley?")
        assert write_replies()[0].content == "one two three"
    assert provider.base_url.startswith("http://127.0.0.1:")
