"""Statements that Django compiles once, or not at all."""

import threading
from datetime import timedelta
from importlib import import_module
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.utils import timezone

from parley.models import Conversation, Draft
from tests.models.conftest import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(owner):
    conversation = answered(owner)
    Conversation.objects.filter(pk=conversation.pk).update(
        parameters={"temperature": 0.5}, title_usage={"model": "m"}, pinned=True, shown=conversation.leaf_id()
    )
    return conversation


def test_loads_what_the_manager_loads(owner, conversation):
    own, same = Conversation.own(owner, conversation.pk), Conversation.objects.get(pk=conversation.pk)
    for field in Conversation._meta.concrete_fields:
        assert getattr(own, field.attname) == getattr(same, field.attname), field.name
    assert own == same
    assert (own._state.adding, own._state.db) == (False, "default")


def test_loads_what_this_user_may_see(owner, stranger, conversation):
    assert Conversation.own(stranger, conversation.pk) is None
    assert Conversation.own(AnonymousUser(), conversation.pk) is None
    conversation.soft_delete()
    assert Conversation.own(owner, conversation.pk) is None


def test_compiles_the_lookup_once(owner, conversation, django_assert_num_queries):
    Conversation.own(owner, conversation.pk)
    with patch.object(SQLCompiler, "as_sql", side_effect=AssertionError), django_assert_num_queries(1):
        assert Conversation.own(owner, conversation.pk) == conversation


@pytest.mark.django_db(transaction=True)
def test_compiles_the_lookup_in_each_thread(owner, conversation):
    found = []

    def look_up():
        found.append(Conversation.own(owner, conversation.pk))
        connection.close()

    thread = threading.Thread(target=look_up)
    thread.start()
    thread.join()
    assert found == [conversation]


def test_shares_its_sessions_with_the_store_of_django(owner, settings):
    client = Client()
    client.force_login(owner)
    key, store = client.cookies["sessionid"].value, import_module(settings.SESSION_ENGINE).SessionStore
    assert store(key).load() == db.SessionStore(key).load() == dict(client.session.items()) != {}
    assert store("k" * 32).load() == {}


def test_loads_no_session_that_has_expired(settings):
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["word"] = "kept"
    session.create()
    session.model.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    late = type(session)(session.session_key)
    assert late.load() == {}
    assert late.session_key is None


def test_compiles_no_write_of_a_question(owner, conversation):
    Draft.keep(owner, conversation, "And th")
    with patch.object(SQLCompiler, "execute_sql", side_effect=AssertionError):
        question, reply = conversation.ask("And then?", idempotency_key=conversation.pk)
    assert [message.content for message in conversation.transcript()][-2:] == ["And then?", ""]
    assert {question._state.adding, reply._state.adding} == {False}
    assert Draft.text_of(owner, conversation) == ""


def test_drops_the_draft_of_that_place_alone(owner, stranger, conversation):
    for person, place in ((owner, conversation), (owner, None), (stranger, None)):
        Draft.keep(person, place, "kept")
    Draft.drop(owner.pk, None)
    assert [Draft.text_of(owner, conversation), Draft.text_of(owner, None), Draft.text_of(stranger, None)] == [
        "kept", "", "kept",
    ]  # fmt: skip
