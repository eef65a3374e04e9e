"""What a page was made of is gone when it is sent."""

import gc

import pytest
from django.test import RequestFactory

from parley.models import Message
from parley.views.conversations import conversation_show
from tests.models.conftest import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def _no_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def messages_in_memory():
    return sum(issubclass(type(one), Message) for one in gc.get_objects())


@pytest.mark.usefixtures("empty_valkey", "_no_collection")
def test_keeps_no_message_of_a_page_until_garbage_is_collected(owner):
    pk = answered(owner, 3).pk
    gc.collect()
    before = messages_in_memory()
    request = RequestFactory().get("/")
    request.user = owner
    response = conversation_show(request, pk)
    assert b"answer" in response.content
    assert messages_in_memory() == before
