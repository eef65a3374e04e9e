import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from parley.models import Conversation

TURBO = "text/vnd.turbo-stream.html, text/html, application/xhtml+xml"


@pytest.fixture
def owner(db):
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def stranger(db):
    return get_user_model().objects.create_user("stranger")


@pytest.fixture
def anonymous():
    return Client()


@pytest.fixture
def browser_of():
    """A function: the browser in which somebody is signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def at_owner(browser_of, owner):
    return browser_of(owner)


@pytest.fixture
def at_stranger(browser_of, stranger):
    return browser_of(stranger)


@pytest.fixture
def conversation(owner):
    """The owner's conversation with one answered question."""
    return answered(owner, "What is a parley?", "A talk between *enemies*.")


@pytest.fixture
def failed(owner):
    """The owner's reply that failed after some text."""
    conversation, _ = Conversation.start(owner, "What is a parley?")
    reply = conversation.messages.get(role="assistant")
    conversation.messages.filter(pk=reply.pk).update(status="failed", content="A talk", error="provider_down")
    reply.refresh_from_db()
    return reply


def answered(owner, question, answer):
    conversation, _ = Conversation.start(owner, question)
    conversation.messages.filter(role="assistant").update(status="done", content=answer)
    return conversation


def forbids_keeping(response):
    """Whether no cache may keep the page."""
    return {"private", "no-store"} <= {part.strip() for part in response.headers["Cache-Control"].split(",")}


def reply_of(owner, status, content=""):
    """A reply of the owner in some state."""
    conversation, reply = Conversation.start(owner, "What is a parley?")
    conversation.messages.filter(pk=reply.pk).update(status=status, content=content)
    reply.refresh_from_db()
    return reply


def status_of(message):
    message.refresh_from_db()
    return message.status
