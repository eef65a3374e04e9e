"""Connections: who may ask them, what becomes of their keys, and whom a choice asks."""

import json
from unittest.mock import Mock

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError

from parley import encrypted
from parley.checks import encryption_keys
from parley.conf import conf
from parley.generation import catalogue, engine
from parley.generation.outcome import Outcome
from parley.models import Call, Connection, Conversation, Message
from parley.models import connection as connections
from parley.models.connection import Unavailable, default_choice, nameplate_of, provider_of, title_of, usable_by
from parley.policy import Policy
from parley_server.masking import masked

KEY = "sk-a-key-that-nobody-may-see"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.PARLEY = {**settings.PARLEY, "ENCRYPTION_KEYS": [OLD]}


def connection(name="Gateway", key=KEY, headers=None, **values):
    row = Connection(name=name, base_url="https://gateway.example/v1", **values)
    row.set_secret(key, headers or {})
    row.save()
    return row


def refusal(choice, owner):
    with pytest.raises(Unavailable) as raised:
        provider_of(choice, owner.pk)
    return str(raised.value)


def allow(settings, **values):
    settings.PARLEY = {**settings.PARLEY, **values}


@pytest.mark.parametrize(("set_here", "told", "counts"), [(None, 9000, 9000), (5000, 9000, 5000), (None, None, 32_000)])
def test_the_context_is_as_set_else_as_the_provider_tells(set_here, told, counts, owner, monkeypatch):
    connection(window=set_here)
    offer = catalogue.Offer(facts={"m": {"window": told} if told else {}})
    monkeypatch.setattr(catalogue, "offered", lambda provider: offer)
    assert catalogue.window_of(provider_of("gateway::m", owner.pk), "m") == counts


def test_a_plain_name_asks_the_provider_of_the_settings_without_a_query(owner, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert provider_of("llama3:8b", owner.pk) == conf.provider


def test_a_choice_asks_its_connection_as_it_was_set_up(owner):
    row = connection(headers={"X-Team": "blue-and-white"}, offered=["gpt-*"], window=9000, extra_body={"top_k": 4})
    provider = provider_of(row.choice("gpt-5"), owner.pk)
    assert (provider.base_url, provider.key, provider.name) == ("https://gateway.example/v1", KEY, "Gateway")
    assert (provider.headers, provider.extra_body) == ((("X-Team", "blue-and-white"),), {"top_k": 4})
    assert (provider.window, provider.slug, provider.public_only) == (9000, "gateway", False)
    assert provider.allows("gpt-5")
    assert not provider.allows("other")


def test_connections_are_read_once_in_two_seconds_and_anew_after_a_change(owner, django_assert_num_queries):
    row = connection()
    with django_assert_num_queries(2):
        assert [provider_of("gateway::m", owner.pk).slug for _ in range(5)] == ["gateway"] * 5
    row.enabled = False
    row.save()
    assert refusal("gateway::m", owner) == "connection_off"


@pytest.mark.parametrize("code", ["connection_gone", "connection_off", "connection_not_yours", "key_lost"])
def test_a_choice_that_cannot_be_asked_fails_with_a_sentence_and_asks_nobody_else(code, owner, settings):
    row = connection(enabled=code != "connection_off")
    if code == "connection_not_yours":
        row.groups.add(Group.objects.create(name="staff"))
    if code == "key_lost":
        allow(settings, ENCRYPTION_KEYS=[NEW])
    if code == "connection_gone":
        row.delete()
    connections.forget()
    _conversation, reply = Conversation.start(owner, "Hello?", model="gateway::m")
    (writing,) = engine.begin([reply.pk], reply.pk).values()
    assert (writing.unasked.status, writing.unasked.error) == ("failed", code)
    assert engine.settle(writing, writing.unasked)
    reply = Message.objects.get(pk=reply.pk)
    assert reply.error == code
    assert reply.error_sentence
    assert "{" not in reply.error_sentence
    assert ("Gateway" in reply.error_sentence) == (code != "connection_gone")
    assert not Call.objects.exists()


def test_a_reply_is_handed_over_where_the_database_is_away_when_its_connection_is_read(owner, monkeypatch):
    _conversation, reply = Conversation.start(owner, "Hello?", model="gateway::m")
    monkeypatch.setattr(connections, "_site", Mock(side_effect=OperationalError))
    (writing,) = engine.begin([reply.pk], reply.pk).values()
    assert writing.unasked.status == "handed over"


def test_who_is_in_one_of_its_groups_may_ask_it(owner):
    row = connection()
    group = Group.objects.create(name="authors")
    row.groups.add(group)
    connections.forget()
    assert refusal("gateway::m", owner) == "connection_not_yours"
    assert usable_by(owner) == []
    owner.groups.add(group)
    assert provider_of("gateway::m", owner.pk).slug == "gateway"
    assert usable_by(owner) == [row]


def test_a_connection_of_a_person_is_for_them_alone_and_only_where_these_are_allowed(owner, stranger, settings):
    row = connection(owner=owner)
    assert row.slug.startswith("p-")
    assert refusal(row.choice("m"), owner) == "connection_gone"
    allow(settings, PERSONAL_CONNECTIONS=True)
    assert provider_of(row.choice("m"), owner.pk).public_only
    assert refusal(row.choice("m"), stranger) == "connection_gone"
    assert (usable_by(owner), usable_by(stranger)) == ([row], [])
    assert nameplate_of(row.choice("m"), stranger.pk).name == row.slug  # and not the name that its owner gave it


def test_only_who_has_the_permission_edits_those_of_the_site(owner, stranger, admin_user, settings):
    site, own = connection(), connection("Mine", owner=owner)
    allow(settings, PERSONAL_CONNECTIONS=True)
    assert [*Connection.objects.editable_by(owner)] == [own]
    assert [*Connection.objects.editable_by(stranger)] == []
    assert [*Connection.objects.editable_by(admin_user)] == [site]
    allow(settings, PERSONAL_CONNECTIONS=False)
    assert [*Connection.objects.editable_by(owner)] == []


class Nobody(Policy):
    def models(self, user, offered):
        return offered if user.username == "stranger" else []


def test_a_choice_that_the_policy_of_a_host_refuses_fails_when_it_is_claimed(owner, stranger, settings):
    connection()
    replies = [Conversation.start(user, "Hello?", model="gateway::m")[1] for user in (owner, stranger)]
    allow(settings, POLICY=f"{__name__}.Nobody")
    begun = engine.begin([reply.pk for reply in replies], replies[0].pk)
    unasked = [begun[reply.pk].unasked for reply in replies]
    assert unasked == [Outcome("failed", "model_not_allowed"), None]


def test_is_named_beside_a_model_where_there_are_several(owner, stranger, settings):
    conversation = Conversation(owner=owner)
    assert title_of("gpt-5", conversation) == ""
    connection()
    assert [title_of(choice, conversation) for choice in ("gpt-5", "gateway::gpt-5")] == [conf.provider.name, "Gateway"]
    assert title_of("gone::gpt-5", conversation) == "gone"
    own = connection("Mine", owner=owner)
    allow(settings, PERSONAL_CONNECTIONS=True)
    connections.forget()
    assert title_of(own.choice("gpt-5"), conversation) == "Mine"
    assert title_of(own.choice("gpt-5"), Conversation(owner=stranger)) == own.slug


def test_the_default_of_the_site_is_asked_where_nothing_was_chosen(owner):
    assert default_choice() == conf.MODEL
    row = connection(default_model="gpt-5")
    assert default_choice() == "gateway::gpt-5" == Conversation(owner=owner).effective_model
    row.enabled = False
    row.save()
    assert default_choice() == conf.MODEL


def test_slugs_are_different_and_none_looks_like_that_of_a_person():
    names = ["Gateway", "Gateway", "gate way", "Ünïcode", "p-1234", "漢字", "漢字"]
    slugs = [connection(name).slug for name in names]
    assert slugs == ["gateway", "gateway-2", "gate-way", "unicode", "the-p-1234", "connection", "connection-2"]


def test_the_slug_of_one_that_was_asked_is_not_given_again(owner):
    connection().delete()
    assert connection().slug == "gateway"  # nobody had asked the first
    Call.objects.create(owner=owner, attempt=1, connection="gateway", outcome="done")
    Connection.objects.get().delete()
    assert connection().slug == "gateway-2"


def test_the_database_has_no_key_and_a_page_four_characters():
    row = connection()
    assert row.key_hint == KEY[-4:]
    assert KEY not in str(Connection.objects.values().get())
    assert connection("short", key="x" * 11).key_hint == ""
    assert connection("none", key="").secret == ""


def test_what_was_decrypted_is_masked_in_logs(owner):
    connection(headers={"X-Secret": "another-secret"})
    provider_of("gateway::m", owner.pk)
    assert masked(f"{KEY} and another-secret") == "*** and ***"
    assert KEY not in repr(provider_of("gateway::m", owner.pk))


def test_keys_are_rotated(settings):
    row = connection()
    allow(settings, ENCRYPTION_KEYS=[NEW, OLD])
    call_command("parley_keys", "rotate")
    allow(settings, ENCRYPTION_KEYS=[NEW])
    row = Connection.objects.get()
    assert (row.key, row.key_lost) == (KEY, False)


def test_a_lost_encryption_key_costs_the_key_alone(settings, capsys):
    connection()
    allow(settings, ENCRYPTION_KEYS=[NEW])
    call_command("parley_keys", "rotate")
    assert "cannot be read" in capsys.readouterr().err
    row = Connection.objects.get()
    assert row.key_lost
    row.name = "Renamed"
    row.save()
    allow(settings, ENCRYPTION_KEYS=[NEW, OLD])
    assert Connection.objects.get().key == KEY


def test_without_an_encryption_key_no_secret_is_kept(settings):
    allow(settings, ENCRYPTION_KEYS=[])
    with pytest.raises(encrypted.KeyLost):
        connection()
    assert connection("no key", key="").provider.key == ""
    with pytest.raises(CommandError):
        call_command("parley_keys", "rotate")


@pytest.mark.parametrize("keys", ["one text", ["no key"], [OLD, ""], [7]])
def test_what_is_no_list_of_encryption_keys_is_named_at_start(keys, settings):
    allow(settings, ENCRYPTION_KEYS=keys)
    assert [problem.id for problem in encryption_keys()] == ["parley.E008"]


def test_a_new_encryption_key_is_one(capsys):
    call_command("parley_keys", "new")
    assert encrypted.is_key(capsys.readouterr().out.strip())
    assert not encrypted.is_key("no key")


def test_what_a_token_holds_is_the_key_and_the_headers():
    row = connection(headers={"A": "b"})
    assert json.loads(encrypted.decrypt(row.secret)) == {"key": KEY, "headers": {"A": "b"}}
