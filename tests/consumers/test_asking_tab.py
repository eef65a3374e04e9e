"""The tab that sends a form learns what it changed from the response alone; all other tabs learn it from the feed."""

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import Client

from parley.ids import uuid7
from parley.models import Feed
from parley.models.feed import sent_by
from tests.consumers.conftest import connected
from tests.support.people import TURBO


@pytest.fixture
def send(owner):
    """A function: post a form as this tab, and return the response."""
    client = Client(headers={"Accept": TURBO})
    client.force_login(owner)

    @sync_to_async
    def post(path, tab, **fields):
        return client.post(path, fields, headers={"X-Parley-Tab": tab})

    return post


@pytest.fixture(params=["notification", "poll"])
def learns_by(request, settings, monkeypatch):
    """How the server learns of changes: from the process that made them, or only from the database."""
    polled = {"FEED_POLL_INTERVAL": 0.1 if request.param == "poll" else 30}
    settings.PARLEY = {**settings.PARLEY, **polled}
    if request.param == "poll":
        monkeypatch.setattr("parley.delivery.notify.tell", lambda *notification: None)
    return request.param


async def shown(tab, owner, conversation, name):
    """The page is there and knows all; return its version."""
    version = await sync_to_async(Feed.version_of)(owner)
    await tab.send(do="open", conversation=str(conversation.pk), version=version, tab=name)
    assert await tab.is_silent()
    return version


async def ask(send, conversation, tab, text="And then?"):
    return await send(f"/c/{conversation.pk}/messages/", tab, text=text, idempotency_key=str(uuid7()))


async def test_is_not_told_what_its_form_changed_and_all_others_are(owner, conversation, send, learns_by):
    async with connected(owner) as asking, connected(owner) as other:
        version = await shown(asking, owner, conversation, "a1")
        await shown(other, owner, conversation, "b1")
        response = await ask(send, conversation, "a1")
        assert response["X-Parley-Version"] == str(version + 1)
        sent = await other.receive()
        assert (sent["version"], "And then?" in sent["stream"]) == (version + 1, True)
        assert await asking.is_silent(0.6)
        await asking.send(do="open", conversation=str(conversation.pk), version=version + 1, tab="a2")
        assert await asking.is_silent(0.6)


async def test_is_told_when_it_says_that_the_response_has_not_come(owner, conversation, send, learns_by):
    async with connected(owner) as tab:
        version = await shown(tab, owner, conversation, "a1")
        await ask(send, conversation, "a1")
        assert await tab.is_silent(0.6)
        await tab.send(do="open", conversation=str(conversation.pk), version=version, tab="a2")
        assert "And then?" in (await tab.receive())["stream"]


async def test_is_told_what_a_form_changes_that_it_has_given_up(owner, conversation, send, learns_by):
    async with connected(owner) as tab:
        await shown(tab, owner, conversation, "a2")
        await ask(send, conversation, "a1")
        assert "And then?" in (await tab.receive())["stream"]


async def test_is_told_when_it_connects_again_without_the_response(owner, conversation, send, learns_by):
    async with connected(owner) as tab:
        version = await shown(tab, owner, conversation, "a1")
    await ask(send, conversation, "a1")
    async with connected(owner) as tab:
        await tab.send(do="open", conversation=str(conversation.pk), version=version, tab="a1")
        assert "And then?" in (await tab.receive())["stream"]


async def test_is_told_what_others_change_meanwhile_when_the_response_has_come(owner, conversation, send, learns_by):
    async with connected(owner) as tab:
        version = await shown(tab, owner, conversation, "a1")
        await ask(send, conversation, "a1")
        assert await tab.is_silent(0.6)
        await send(f"/c/{conversation.pk}/pin/", "b1")
        assert await tab.is_silent(0.6)
        await tab.send(do="open", conversation=str(conversation.pk), version=version + 1, tab="a2")
        sent = await tab.receive()
        assert (sent["version"], 'into="pinned"' in sent["stream"]) == (version + 2, True)
        assert "And then?" not in sent["stream"]


async def test_is_told_what_others_changed_just_before(owner, conversation, learns_by):
    @sync_to_async
    def pin_and_ask():
        with transaction.atomic():
            conversation.organise("pin")
            with sent_by("a1"):
                conversation.ask("And then?")

    async with connected(owner) as tab:
        version = await shown(tab, owner, conversation, "a1")
        await pin_and_ask()
        sent = await tab.receive()
        assert (sent["version"], 'into="pinned"' in sent["stream"]) == (version + 2, True)


@pytest.mark.parametrize("name", ["", "a" * 33, "a b", "ä1", "\x00"])
async def test_a_name_that_is_none_is_nobodys(owner, conversation, send, learns_by, name):
    async with connected(owner) as tab:
        version = await sync_to_async(Feed.version_of)(owner)
        await tab.send(do="open", conversation=str(conversation.pk), version=version, tab=name)
        assert await tab.is_silent()
        await ask(send, conversation, name)
        assert "And then?" in (await tab.receive())["stream"]


async def test_a_response_does_not_bring_a_version_that_was_rolled_back(conversation, send):
    form = {"text": "And then?", "idempotency_key": str(uuid7())}
    first, second = [await send(f"/c/{conversation.pk}/messages/", "a1", **form) for _ in range(2)]
    assert (first.status_code, "X-Parley-Version" in first) == (200, True)
    assert (second.status_code, "X-Parley-Version" in second) == (200, False)
