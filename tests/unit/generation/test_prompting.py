"""What the policy of a site may do with a prompt: change it, refuse it, or fail its own reply."""

import asyncio
import threading
import time

import pytest
from django.core.exceptions import PermissionDenied

from parley.generation import prompting
from parley.generation.accumulator import Accumulator
from parley.generation.outcome import Outcome
from parley.generation.prompt import Request
from parley.generation.prompting import Prompting
from parley.generation.writing import Writing
from parley.models import Conversation, Message
from parley.policy import Policy
from parley.provider import Provider

ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why is the sea salty?"}]
REFUSED = Outcome("failed", "refused_by_site")


class Adds(Policy):
    def prompt(self, reply, messages):
        assert threading.current_thread() is not threading.main_thread()
        messages[0]["content"] += f" The page is {reply.conversation.title}."
        return messages


class Forbids(Policy):
    def prompt(self, reply, messages):
        raise PermissionDenied("Leave the number of the card out.")


class Breaks(Policy):
    def prompt(self, reply, messages):
        raise RuntimeError("The directory is away.")


class Exits(Policy):
    def prompt(self, reply, messages):
        raise SystemExit(3)


class Hangs(Policy):
    free = threading.Event()

    def prompt(self, reply, messages):
        self.free.wait(20)
        return messages


WRONG = [None, [], "text", [{"role": "user"}], [{"role": "robot", "content": "x"}], [{"role": "user", "content": [7]}]]


class Answers(Policy):
    answer: object = None

    def prompt(self, reply, messages):
        return self.answer


@pytest.fixture
def writing():
    reply = Message(conversation=Conversation(title="Sea"))
    request = Request("fake-1", [dict(message) for message in ASKED])
    return Writing(reply, Provider(""), request, Accumulator(""))


@pytest.fixture
def site(settings):
    def has(kind):
        settings.PARLEY = {**settings.PARLEY, "POLICY": f"{__name__}.{kind.__name__}"}

    return has


async def test_sends_what_the_policy_returns(site, writing):
    site(Adds)
    await Prompting().change(writing)
    assert writing.request.messages[0]["content"] == "Be brief. The page is Sea."
    assert writing.unasked is None


async def test_starts_no_thread_where_no_policy_changes_prompts(site, writing, monkeypatch):
    site(Policy)
    monkeypatch.setattr(prompting.threading, "Thread", None)
    await Prompting().change(writing)
    assert writing.request.messages == ASKED


async def test_shows_the_person_what_a_refusal_says(site, writing):
    site(Forbids)
    await Prompting().change(writing)
    assert writing.unasked == Outcome("failed", "refused_by_site", "Leave the number of the card out.")
    reply = Message(error="refused_by_site", error_detail=writing.unasked.detail)
    assert (reply.error_sentence, reply.provider_words) == ("Leave the number of the card out.", "")


@pytest.mark.parametrize("kind", [Breaks, Exits])
async def test_fails_the_reply_and_logs_what_the_policy_raises(kind, site, writing, caplog):
    site(kind)
    await Prompting().change(writing)
    assert writing.unasked == REFUSED
    assert "the policy of this site gave no prompt" in caplog.text


@pytest.mark.parametrize("answer", WRONG, ids=repr)
async def test_fails_the_reply_for_what_is_no_prompt(answer, site, writing, monkeypatch):
    monkeypatch.setattr(Answers, "answer", answer)
    site(Answers)
    await Prompting().change(writing)
    assert writing.unasked == REFUSED


async def test_waits_for_a_policy_that_hangs_as_long_as_it_may_and_keeps_few_threads(site, writing, monkeypatch):
    monkeypatch.setattr(prompting, "PATIENCE", 0.2)
    monkeypatch.setattr(prompting, "AT_ONCE", 2)
    site(Hangs)
    asked, before, began = Prompting(), threading.active_count(), time.monotonic()
    try:
        await asyncio.gather(*(asked.change(writing) for _ in range(5)))
        assert time.monotonic() - began < 2
        assert writing.unasked == REFUSED
        assert threading.active_count() - before <= 2
    finally:
        Hangs.free.set()
    writing.unasked = None
    await asyncio.sleep(0.1)
    await asked.change(writing)
    assert writing.unasked is None


async def test_leaves_a_reply_that_cannot_be_asked_alone(site, writing):
    site(Breaks)
    writing.unasked = Outcome("failed", "no_key")
    await Prompting().change(writing)
    assert writing.unasked == Outcome("failed", "no_key")
