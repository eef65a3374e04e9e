"""Who may open a socket, and what it tells whom."""

import uuid

import pytest
from asgiref.sync import sync_to_async

from parley.models import Conversation
from tests.consumers.conftest import connected

SIGNED_OUT = 4401


async def test_closes_on_an_anonymous_visitor_saying_why(owner):
    async with connected() as tab:
        assert tab is None or await tab.closed() == SIGNED_OUT


@pytest.mark.parametrize("origin", [b"https://evil.example", b"http://testserver.evil.example", b"null", None])
async def test_refuses_pages_of_other_sites(owner, origin):
    async with connected(owner, origin) as tab:
        assert tab is None


async def test_refuses_pages_of_other_sites_even_when_every_host_is_allowed(owner, settings):
    settings.ALLOWED_HOSTS = ["*"]
    async with connected(owner, b"https://evil.example") as tab:
        assert tab is None


async def test_accepts_the_owner(owner):
    async with connected(owner) as tab:
        await tab.send(do="ping")
        assert await tab.receive() == {"pong": True}


async def test_tells_the_owner_of_a_conversation(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        message = await tab.receive()
        assert "What is a parley?" in message["stream"]
        assert message["version"] >= 1


async def test_tells_a_stranger_nothing_of_it(owner, stranger, conversation):
    async with connected(stranger) as tab:
        await tab.open(conversation)
        assert await tab.is_silent()
        await sync_to_async(conversation.ask)("And then?")
        assert await tab.is_silent()


async def test_tells_a_stranger_of_their_own_while_naming_another(owner, stranger, conversation):
    async with connected(stranger) as tab:
        await tab.open(conversation)
        await sync_to_async(Conversation.start)(stranger, "Mine")
        stream = (await tab.receive())["stream"]
        assert "Mine" in stream
        assert "parley?" not in stream


async def test_lets_the_owner_follow_a_reply(owner, reply, log):
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        assert await tab.receive() == [1, "1-1", None, "<p>Hello"]


async def test_lets_no_stranger_follow_it_and_does_not_say_that_it_exists(stranger, reply, log):
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    async with connected(stranger) as tab:
        await tab.follow(reply.pk)
        await tab.follow(uuid.uuid4(), handle=2)
        assert await tab.is_silent()


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "null",
        "[]",
        '"open"',
        "{}",
        '{"do": "dance"}',
        '{"do": "open"}',
        '{"do": "open", "conversation": "x", "version": 0}',
        '{"do": "open", "conversation": null, "version": "x"}',
        '{"do": "follow"}',
        '{"do": "follow", "reply": "x", "as": 1, "from": "0"}',
        '{"do": "follow", "reply": "00000000-0000-0000-0000-000000000000", "as": 1, "from": "a-b"}',
        '{"do": "follow", "reply": "00000000-0000-0000-0000-000000000000", "as": [], "from": "0"}',
        '{"do": "unfollow", "as": 7}',
        '{"do": "unfollow", "as": null}',
        '{"do": ["open"]}',
        '{"do": "follow", "reply": "00000000-0000-0000-0000-000000000000", "as": 1, "from": "99999999999999999999-1"}',
        "x" * 100_000,
    ],
)
async def test_survives_nonsense(owner, nonsense):
    async with connected(owner) as tab:
        await tab.send_data(nonsense)
        assert await tab.is_silent(0.05)


async def test_survives_bytes(owner):
    async with connected(owner) as tab:
        await tab.send_data(b"\x00\xff")
        assert await tab.is_silent(0.05)
