"""What changes is told in every tab, whichever code changed it."""

from asgiref.sync import sync_to_async
from django.db import OperationalError

from parley import consumers
from parley.delivery.feed import changes_since
from parley.models import Conversation, Feed, Message
from tests.consumers.conftest import connected


async def test_tells_every_tab(owner, conversation):
    async with connected(owner) as first, connected(owner) as second:
        for tab in (first, second):
            await tab.open(conversation)
            await tab.receive()
        await sync_to_async(conversation.ask)("And then?")
        for tab in (first, second):
            assert "And then?" in (await tab.receive())["stream"]


async def test_tells_of_a_message_made_by_any_code(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        await Message.objects.acreate(conversation=conversation, role="assistant", status="done", content="By *hand*")
        stream = (await tab.receive())["stream"]
        assert 'into="transcript"' in stream
        assert "By <em>hand</em>" in stream


async def test_tells_of_a_message_changed_by_any_code(owner, conversation, reply):
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        reply.status, reply.content = "done", "Changed"
        await reply.asave()
        assert "Changed" in (await tab.receive())["stream"]


async def test_tells_a_tab_without_a_conversation_of_new_ones_only(owner):
    async with connected(owner) as tab:
        await tab.open()
        await sync_to_async(Conversation.start)(owner, "What is a parley?")
        stream = (await tab.receive())["stream"]
        assert 'into="conversations"' in stream
        assert "data-message" not in stream


async def test_tells_of_a_new_title(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        conversation.title = "Renamed"
        await conversation.asave()
        assert "Renamed" in (await tab.receive())["stream"]


async def test_tells_of_a_deletion(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        await conversation.adelete()
        assert 'action="re' in (await tab.receive())["stream"]


async def test_tells_only_what_came_after_the_version_of_the_page(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        version = (await tab.receive())["version"]
    await sync_to_async(conversation.ask)("And then?")
    async with connected(owner) as tab:
        await tab.open(conversation, version)
        stream = (await tab.receive())["stream"]
        assert "And then?" in stream
        assert "What is a parley?</p>" not in stream


async def test_tells_nothing_to_a_page_that_knows_all(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        version = (await tab.receive())["version"]
        await tab.open(conversation, version)
        assert await tab.is_silent()


async def test_loads_the_page_again_when_very_much_has_changed(owner, conversation):
    for number in range(40):
        await sync_to_async(conversation.ask)(f"question {number}")
    async with connected(owner) as tab:
        await tab.open(conversation)
        assert 'action="refresh"' in (await tab.receive())["stream"]


async def test_escapes_what_a_person_typed(owner, conversation):
    async with connected(owner) as tab:
        await tab.open(conversation)
        await tab.receive()
        await sync_to_async(conversation.ask)("</template><script>alert(1)</script>")
        stream = (await tab.receive())["stream"]
        assert "<script" not in stream
        assert "&lt;/template&gt;" in stream


async def test_loads_a_page_again_that_comes_from_before_an_older_database_was_restored(owner, conversation):
    newest = await sync_to_async(Feed.version_of)(owner)
    async with connected(owner) as tab:
        await tab.open(conversation, newest + 40)
        sent = await tab.receive()
        assert 'action="refresh"' in sent["stream"]
        assert sent["version"] == newest
        await tab.open(conversation, newest)
        assert await tab.is_silent()


async def test_loads_a_page_again_when_the_restored_database_could_not_be_read_at_first(
    owner, conversation, settings, monkeypatch
):
    settings.PARLEY = {**settings.PARLEY, "FEED_POLL_INTERVAL": 0.1}
    left = iter([1, 2])

    def read(*args):
        if Feed.version_of(owner) == 1 and next(left, None):
            raise OperationalError
        return changes_since(*args)

    monkeypatch.setattr(consumers, "changes_since", read)
    async with connected(owner) as tab:
        await tab.open(conversation, (await Feed.objects.aget(pk=owner.pk)).version)
        assert await tab.is_silent()
        await Feed.objects.filter(pk=owner.pk).aupdate(version=1)
        sent = await tab.receive()
        assert ('action="refresh"' in sent["stream"], sent["version"]) == (True, 1)


async def test_loads_a_page_again_while_an_older_database_is_restored(owner, conversation, settings):
    settings.PARLEY = {**settings.PARLEY, "FEED_POLL_INTERVAL": 0.2}
    newest = await sync_to_async(Feed.version_of)(owner)
    async with connected(owner) as tab:
        await tab.open(conversation, newest)
        assert await tab.is_silent(0.6)
        await Feed.objects.filter(pk=owner.pk).aupdate(version=newest - 1)
        sent = await tab.receive()
        assert ('action="refresh"' in sent["stream"], sent["version"]) == (True, newest - 1)
        await Feed.objects.filter(pk=owner.pk).adelete()
        sent = await tab.receive()
        assert ('action="refresh"' in sent["stream"], sent["version"]) == (True, 0)
