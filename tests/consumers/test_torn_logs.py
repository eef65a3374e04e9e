"""A log that has lost its first entries is told again, and until then a page shows what the row has."""

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from parley.models import Message
from parley.redis import connection
from parley.redis import log_key as name_of
from tests.consumers.conftest import connected

TEXT = "A parley is a *talk* between enemies.\n\nIt needs a flag."


@pytest.fixture
async def torn(reply, log):
    """The writer of a reply of whose log the first entries are gone; the row has two words of it."""
    await Message.objects.filter(pk=reply.pk).aupdate(status="streaming", attempt=1, content="A parley")
    log.begin(reply.pk, 1)
    for length in range(10, len(TEXT), 7):
        await tell(log, reply, TEXT[:length])
    await sync_to_async(connection().xtrim)(name_of(reply.pk), maxlen=3, approximate=False)
    return log


async def tell(log, reply, text):
    log._logs[reply.pk].due_at = 0
    await log.write({reply.pk: (text, "")})


def signed_in(owner):
    client = Client()
    client.force_login(owner)
    return client


async def test_the_page_shows_what_the_row_has(owner, reply, torn):
    client = await sync_to_async(signed_in)(owner)
    page = await sync_to_async(client.get)(reply.conversation.get_absolute_url())
    assert page.status_code == 200
    assert "<p>A parley</p>" in page.content.decode()


async def test_the_page_shows_all_once_it_was_told_again(owner, reply, torn):
    client = await sync_to_async(signed_in)(owner)
    await sync_to_async(client.get)(reply.conversation.get_absolute_url())
    await tell(torn, reply, TEXT)
    await tell(torn, reply, TEXT + " White.")
    page = await sync_to_async(client.get)(reply.conversation.get_absolute_url())
    assert "<p>It needs a flag. White." in page.content.decode()


async def test_who_follows_is_sent_the_whole_and_nothing_before_it(owner, reply, torn):
    async with connected(owner) as tab:
        await tab.follow(reply.pk)
        assert await tab.is_silent()
        await tell(torn, reply, TEXT)
        await tell(torn, reply, TEXT + " White.")
        assert (await tab.receive())[2:] == [
            None,
            "<p>A parley is a <em>talk</em> between enemies.",
            "<p>It needs a flag. White.",
        ]


async def test_who_has_the_beginning_goes_on(owner, reply, torn):
    async with connected(owner) as tab:
        await tab.follow(reply.pk, position="1-3")
        assert len((await tab.receive())[2:]) >= 1


async def test_who_catches_up_is_sent_the_whole_and_nothing_before_it(owner, reply, torn):
    client = await sync_to_async(signed_in)(owner)
    address = f"/catch-up/?version=0&follow={reply.pk}@0"
    assert (await sync_to_async(client.get)(address)).json()["frames"] == []
    await tell(torn, reply, TEXT)
    await tell(torn, reply, TEXT + " White.")
    [frame] = (await sync_to_async(client.get)(address)).json()["frames"]
    assert frame[2] is None
