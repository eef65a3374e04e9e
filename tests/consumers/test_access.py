"""Who may open a socket, and what it tells whom."""

from typing import get_args

import pytest
from asgiref.sync import sync_to_async

from parley.delivery.protocol import ClientFrame
from parley.models import Conversation
from tests.consumers.conftest import connected

SIGNED_OUT = 4401
SAYS = {
    "open": lambda reply: {"conversation": str(reply.conversation_id), "version": 0},
    "follow": lambda reply: {"reply": str(reply.pk), "as_": 1, "from": "0"},
    "unfollow": lambda reply: {"as_": 1},
    "ping": lambda reply: {},
}
"""What a tab may say of somebody's reply, by its name."""
HEARS = {"open": "What is a parley?", "follow": "<p>Hello", "ping": "pong"}
"""What the owner hears then."""
TELL_NOTHING_OF_ANYBODY = {"ping"}


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


@pytest.fixture
async def written(reply, log):
    """A reply of the owner whose log has begun."""
    log.begin(reply.pk, 1)
    await log.write({reply.pk: ("Hello", "")})
    return reply


def test_every_message_of_the_protocol_has_its_row():
    assert {message.__name__.lower() for message in get_args(ClientFrame)} == set(SAYS)


@pytest.mark.parametrize("do", SAYS)
async def test_answers_the_owner(owner, written, do):
    async with connected(owner) as tab:
        await tab.send(do=do, **SAYS[do](written))
        if do in HEARS:
            assert HEARS[do] in str(await tab.receive())
        assert await tab.is_silent()


@pytest.mark.parametrize("do", sorted(set(SAYS) - TELL_NOTHING_OF_ANYBODY))
async def test_tells_a_stranger_nothing_and_not_that_it_exists(owner, stranger, conversation, written, log, do):
    async with connected(stranger) as tab:
        await tab.send(do=do, **SAYS[do](written))
        assert await tab.is_silent()
        await sync_to_async(conversation.ask)("And then?")
        log._logs[written.pk].due_at = 0
        await log.write({written.pk: ("Hello there", "")})
        assert await tab.is_silent()


@pytest.mark.parametrize("do", SAYS)
async def test_tells_an_anonymous_visitor_nothing_but_that_they_are_signed_out(owner, written, do):
    async with connected() as tab:
        if tab:
            await tab.send(do=do, **SAYS[do](written))
            assert await tab.closed() == SIGNED_OUT


async def test_tells_a_stranger_of_their_own_while_naming_another(owner, stranger, conversation):
    async with connected(stranger) as tab:
        await tab.open(conversation)
        await sync_to_async(Conversation.start)(stranger, "Mine")
        stream = (await tab.receive())["stream"]
        assert "Mine" in stream
        assert "parley?" not in stream


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
