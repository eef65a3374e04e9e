"""A socket does not outlive the rights of its person, whether it says something or not."""

from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parley import consumers
from parley.delivery import rights
from parley.delivery.sockets import close_sockets
from parley.models import Feed
from tests.consumers.conftest import connected

SIGNED_OUT = 4401


def kept(badges):
    lost = rights.lost_by(badges)
    assert set(lost.values()) <= {SIGNED_OUT}
    return set(badges) - lost.keys()


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def cookies_of(client):
    return client.cookies.output(header="", sep=";", attrs=[]).strip().encode()


def sign_out(client, user):
    client.post("/accounts/logout/")


def change_password(client, user):
    user.set_password("another password")
    user.save()


def deactivate(client, user):
    user.is_active = False
    user.save()


def delete_session(client, user):
    Session.objects.get(pk=client.session.session_key).delete()


def delete_person(client, user):
    user.delete()


LOSSES = [sign_out, change_password, deactivate, delete_session, delete_person]


def deactivate_behind_everybody(client, user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def change_password_behind_everybody(client, user):
    get_user_model().objects.filter(pk=user.pk).update(password="another")


def delete_session_behind_everybody(client, user):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_session WHERE session_key = %s", [client.session.session_key])


UNHEARD = [deactivate_behind_everybody, change_password_behind_everybody, delete_session_behind_everybody]


@pytest.fixture
def browser(owner):
    return browser_of(owner)


@pytest.fixture
def only_notifications(monkeypatch):
    """Nobody looks by the clock."""
    monkeypatch.setattr(rights, "EVERY", 600)
    monkeypatch.setattr(rights, "STALE", 600)


@pytest.fixture
def no_notifications(settings):
    """A server without Valkey's channels."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_is_closed_at_once_when_its_rights_are_lost(owner, browser, only_notifications, lose):
    async with connected(cookies=cookies_of(browser)) as tab:
        assert await tab.is_silent()
        await sync_to_async(lose)(browser, owner)
        assert await tab.closed() == SIGNED_OUT


def test_is_looked_at_within_five_seconds_whatever_is_heard():
    assert rights.EVERY + rights.PATIENCE <= 5
    assert rights.STALE <= 5


@pytest.mark.parametrize("lose", UNHEARD, ids=lambda lose: lose.__name__)
async def test_is_closed_soon_when_nobody_says_that_its_rights_are_lost(
    owner, browser, no_notifications, monkeypatch, lose
):
    monkeypatch.setattr(rights, "EVERY", 0.3)
    async with connected(cookies=cookies_of(browser)) as tab:
        assert await tab.is_silent()
        await sync_to_async(lose)(browser, owner)
        assert await tab.closed() == SIGNED_OUT


@pytest.mark.parametrize("lose", UNHEARD, ids=lambda lose: lose.__name__)
async def test_is_sent_nothing_that_was_looked_at_too_long_ago(
    owner, browser, conversation, reply, log, monkeypatch, lose
):
    monkeypatch.setattr(rights, "EVERY", 600)
    monkeypatch.setattr(rights, "STALE", 0)
    async with connected(cookies=cookies_of(browser)) as tab:
        await tab.follow(reply.pk)
        log.begin(reply.pk, 1)
        await log.write({reply.pk: ("Hello", "")})
        assert (await tab.receive())[:2] == [1, "1-1"]
        await sync_to_async(lose)(browser, owner)
        log._logs[reply.pk].due_at = 0
        await log.write({reply.pk: ("Hello, here is what nobody may read", "")})
        assert await tab.closed() == SIGNED_OUT


async def test_is_not_served_any_more_when_it_was_closed(owner, browser, reply, log, only_notifications, monkeypatch):
    """Nor is anything asked for it."""
    asked: list[str] = []
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    async with connected(cookies=cookies_of(browser)) as tab:
        assert await tab.is_silent()
        await sync_to_async(sign_out)(browser, owner)
        assert await tab.closed() == SIGNED_OUT
        with monkeypatch.context() as watched:
            for name in ("_followed", "hub", "changes_since"):
                watched.setattr(consumers, name, partial(asked.append, name))
            await tab.follow(reply.pk)
            await tab.open(reply.conversation)
            assert await tab.communicator.receive_nothing(0.3)
        assert asked == []


async def test_signing_out_leaves_the_other_browsers_of_a_person_alone(owner, browser):
    other = await sync_to_async(browser_of)(owner)
    async with connected(cookies=cookies_of(browser)) as tab, connected(cookies=cookies_of(other)) as kept:
        await sync_to_async(sign_out)(browser, owner)
        assert await tab.closed() == SIGNED_OUT
        assert await kept.is_silent()


async def test_saving_a_person_closes_nothing(owner, browser):
    async with connected(cookies=cookies_of(browser)) as tab:
        await sync_to_async(owner.save)()
        assert await tab.is_silent()


async def test_a_host_closes_the_sockets_of_one_person(owner, stranger, only_notifications):
    async with connected(owner) as first, connected(owner) as second, connected(stranger) as other:
        assert [await tab.is_silent() for tab in (first, second)] == [True, True]
        await sync_to_async(close_sockets)(owner)
        for tab in (first, second):
            assert await tab.closed() == SIGNED_OUT
        assert await other.is_silent()


async def test_the_session_of_a_person_who_was_asked_about_too_late_is_not_touched(owner, browser, monkeypatch):
    monkeypatch.setattr(rights, "EVERY", 0.2)
    async with connected(cookies=cookies_of(browser)) as tab:
        await sync_to_async(deactivate_behind_everybody)(browser, owner)
        assert await tab.closed() == SIGNED_OUT
    assert await Session.objects.filter(pk=browser.session.session_key).aexists()


async def test_goes_on_while_the_database_cannot_be_asked(owner, browser, reply, log, monkeypatch):
    def away(badges):
        raise OSError("the database is away")

    monkeypatch.setattr(rights, "STALE", 0)
    monkeypatch.setattr(rights, "lost_by", away)
    async with connected(cookies=cookies_of(browser)) as tab:
        await tab.follow(reply.pk)
        log.begin(reply.pk, 1)
        await log.write({reply.pk: ("Hello", "")})
        assert (await tab.receive())[:2] == [1, "1-1"]


@pytest.mark.django_db
def test_a_look_at_everybody_takes_two_queries(django_user_model):
    people = [django_user_model.objects.create_user(f"person {number}") for number in range(20)]
    badges = {rights.Badge(one, browser_of(one).session.session_key, lambda: None) for one in people * 2}
    with CaptureQueriesContext(connection) as captured:
        assert rights.lost_by(badges) == {}
    assert len(captured) == 2


@pytest.mark.django_db
def test_a_session_of_somebody_else_is_no_right(django_user_model):
    one, other = (django_user_model.objects.create_user(name) for name in ("one", "other"))
    key = browser_of(one).session.session_key
    assert kept([rights.Badge(other, key, lambda: None)]) == set()
    assert kept([rights.Badge(AnonymousUser(), key, lambda: None)]) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("engine", ["cached_db", "cache", "signed_cookies", "file", "db"])
def test_asks_whatever_keeps_the_sessions(django_user_model, settings, tmp_path, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    person = django_user_model.objects.create_user("person")
    badge = rights.Badge(person, browser_of(person).session.session_key, lambda: None)
    assert kept([badge]) == {badge}
    deactivate_behind_everybody(None, person)
    assert kept([badge]) == set()


@pytest.mark.django_db
def test_a_host_without_sessions_is_asked_about_the_person_only(django_user_model):
    person = django_user_model.objects.create_user("person")
    badge = rights.Badge(person, None, lambda: None)
    assert kept([badge]) == {badge}
    deactivate_behind_everybody(None, person)
    assert kept([badge]) == set()


async def test_somebody_without_a_feed_is_watched_as_well(owner, browser, only_notifications):
    assert not await Feed.objects.filter(pk=owner.pk).aexists()
    async with connected(cookies=cookies_of(browser)) as tab:
        assert await tab.is_silent()
        await sync_to_async(sign_out)(browser, owner)
        assert await tab.closed() == SIGNED_OUT


async def test_a_host_may_know_people_by_something_else_beside_a_session(owner, monkeypatch):
    """A shop's session of a visitor lives beside the token by which a socket of the same site knows its person."""
    monkeypatch.setattr(rights, "EVERY", 0.1)
    visitor = Client()
    session = await sync_to_async(lambda: visitor.session)()
    await sync_to_async(session.update)({"cart": 1})
    await sync_to_async(session.save)()

    async def known_by_a_token(scope):
        return owner

    monkeypatch.setattr("channels.auth.get_user", known_by_a_token)
    async with connected(cookies=b"sessionid=" + session.session_key.encode()) as tab:
        assert await tab.is_silent(1)
        await sync_to_async(deactivate_behind_everybody)(visitor, owner)
        assert await tab.closed() == SIGNED_OUT
