from unittest.mock import Mock
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import RedisError

from parley import broker
from parley.generation import history, unsaved
from parley.models import Conversation, Message

WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture(autouse=True)
def _no_other_process(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture(autouse=True)
def dispatched(monkeypatch):
    """The ids of the jobs of which workers were told, in order; there is no broker."""
    ids = []
    dispatch = lambda task, *job: task == "parley.refresh_models" or ids.extend(map(UUID, job)) or True  # noqa: E731
    monkeypatch.setattr(broker, "send", dispatch)
    return ids


@pytest.fixture(autouse=True)
def _no_valkey(monkeypatch):
    """Nothing is kept of texts that the database did not take; to find no server takes longer than most tests."""
    monkeypatch.setattr(unsaved, "connection", Mock(side_effect=RedisError))


@pytest.fixture
def owner(db):
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def stranger(db):
    return get_user_model().objects.create_user("stranger")


@pytest.fixture
def conversation(owner):
    return begun(owner)


@pytest.fixture
def reply(conversation):
    """A reply that waits for a worker."""
    return conversation.messages.get(role="assistant")


@pytest.fixture
def written():
    """A context in which the statements that write are counted."""
    return Writes


class Writes(CaptureQueriesContext):
    def __init__(self):
        super().__init__(connection)

    def __len__(self):
        return len([query for query in self.captured_queries if query["sql"].lstrip("( ").startswith(WRITES)])


def begun(owner, question="What is a parley?"):
    """A conversation whose question waits for its reply."""
    Conversation.start(owner, question)
    return owner.conversations.latest("id")


def answered(owner, times=1):
    """A conversation in which every question has its answer."""
    conversation = begun(owner)
    for number in range(1, times):
        settle(conversation)
        conversation.ask(f"question {number}")
    return settle(conversation)


def settle(conversation, **values):
    conversation.messages.filter(status="pending").update(**{"status": "done", "content": "answer", **values})
    return conversation


def put(reply, **values):
    """The row as somebody else's change would leave it."""
    Message.objects.filter(pk=reply.pk).update(**values)
    reply.refresh_from_db()
    return reply


def said_before(reply):
    """The texts above a message on its branch, in order."""
    return [turn.content for turn in history.before(reply, 1_000_000).turns]
