"""A tab that follows a reply to its end needs nothing else of the row; any other is sent the row by the feed."""

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from parley import consumers, markdown, redis
from parley.delivery import notify
from parley.delivery.feed import changes_since
from parley.delivery.splice import fold
from parley.models import Feed, Message
from parley.redis import connection
from tests.consumers.conftest import connected
from tests.unit.texts import ANSWERS

USAGE = {"completion_tokens": 1234}
GERMAN = b"language=de"


@pytest.fixture
def notify_late(monkeypatch):
    """Keep notifications back until this is called: a worker sends them 20 ms later, and meanwhile the log's end."""
    kept, tell = [], notify.tell
    monkeypatch.setattr(notify, "tell", lambda *args: kept.append(args))
    return sync_to_async(lambda: [tell(*args) for args in kept])


@pytest.fixture
async def running(reply, log, notify_late):
    """A reply that a worker writes."""
    await Message.objects.filter(pk=reply.pk).aupdate(status="streaming", attempt=1, model="a-model")
    log.begin(reply.pk, 1)
    return await sync_to_async(row_of)(reply)


def row_of(reply):
    return Message.objects.select_related("conversation").get(pk=reply.pk)


async def tell(log, reply, text):
    log._logs[reply.pk].due_at = 0
    assert await log.write({reply.pk: (text, "")}) == set()


@sync_to_async
def settled(reply, text, status="done", **values):
    """Settle a reply; return it as its worker has it."""
    assert reply.settle(status, content=text, usage=USAGE, **values)
    return reply


@sync_to_async
def version_of(owner):
    return Feed.version_of(owner)


async def follow(tab, reply, version):
    """Follow a reply of which nothing is written yet, as a page that shows this version."""
    await tab.open(reply.conversation, version)
    await tab.follow(reply.pk)
    await tab.send(do="ping")
    assert await tab.receive() == {"pong": True}


async def frames_to_the_end(tab):
    frames = [await tab.receive()]
    while not isinstance(frames[-1][2], dict):
        frames.append(await tab.receive())
    return frames


@pytest.mark.parametrize("text", [*ANSWERS.values(), "One line", ""])
async def test_the_log_has_the_text_as_the_row_does(owner, running, log, text):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        for end in range(1, len(text), 1 + len(text) // 20):
            await tell(log, running, text[:end])
        row = await settled(running, text)
        await log.end({running.pk: row})
        *frames, end = await frames_to_the_end(tab)
    blocks = fold([frame[2:] for frame in frames])
    assert "".join(map(markdown.closed, blocks)) == markdown.closed(row.html)
    assert end[2:] == [{"version": row.version, "meta": "<span>a-model</span><span>1234 tokens</span>\n"}]


async def test_the_end_costs_no_query_and_its_notification_nothing(owner, running, log, notify_late, queries):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await tab.receive()
        row = await settled(running, "Hello there")
        queries.clear()
        await log.end({running.pk: row})
        await frames_to_the_end(tab)
        await notify_late()
        assert await tab.is_silent()
    assert queries == []


async def test_the_next_change_is_sent_alone(owner, running, log, notify_late):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await log.end({running.pk: await settled(running, "Hello")})
        await frames_to_the_end(tab)
        running.conversation.title = "Another"
        await running.conversation.asave()
        await notify_late()
        sent = await tab.receive()
    assert "Another" in sent["stream"]
    assert "data-message" not in sent["stream"]


@sync_to_async
def streams_of(owner, row, language):
    with translation.override(language):
        return changes_since(owner, row.conversation_id, row.version - 1)[1]


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_end_is_in_the_language_of_the_page(owner, running, log, language):
    async with connected(owner, query=f"language={language}".encode()) as tab:
        await follow(tab, running, await version_of(owner))
        row = await settled(running, "Hello")
        await log.end({running.pk: row})
        *_, end = await frames_to_the_end(tab)
    meta = end[2]["meta"]
    assert f'<div class="meta">{meta}</div>' in await streams_of(owner, row, language)


# What the feed tells


async def facts_by_the_feed(tab):
    """Return the Turbo Streams that come, after frames none of which is the end."""
    while isinstance(message := await tab.receive(), list):
        assert not isinstance(message[2], dict)
    return message["stream"]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "failed", "error": "timeout"},
        {"status": "interrupted", "error": "worker_gone"},
        {"status": "stopped"},
        {"left_out": 2},
        {"sent_tokens": 9000},
        {"finish_reason": "length"},
        {"finish_reason": "content_filter"},
        {"reasoning": "Let me see.", "reasoning_seconds": 3},
        {"parts": [{"kind": "source", "url": "https://example.com"}]},
    ],
    ids=str,
)
async def test_a_reply_of_which_a_page_shows_more(owner, running, log, values):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await log.end({running.pk: await settled(running, "Hello there", **values)})
        assert "Hello there" in await facts_by_the_feed(tab)


async def test_a_reply_that_another_has_settled(owner, running, log):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await settled(await sync_to_async(row_of)(running), "Hello", status="stopped")
        await log.end({running.pk: None})
        assert 'data-status="stopped"' in await facts_by_the_feed(tab)


async def test_a_tab_that_does_not_know_what_came_before(owner, running, log):
    version = await version_of(owner)
    running.conversation.title = "Another"
    await running.conversation.asave()
    async with connected(owner) as tab:
        await tab.open(running.conversation, version)
        await tab.receive()
        await tab.follow(running.pk)
        await running.conversation.asave()
        await log.end({running.pk: await settled(running, "Hello")})
        stream = await facts_by_the_feed(tab)
    assert "Another" in stream
    assert "Hello" in stream


async def test_a_tab_that_lacks_an_entry_of_the_log(owner, running, log):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await tab.receive()
        log._logs[running.pk].seq += 1
        row = await settled(running, "Hello")
        await log.end({running.pk: row})
        assert "Hello" in await facts_by_the_feed(tab)


async def test_a_tab_that_lacks_the_beginning_of_the_log(owner, running, log):
    await tell(log, running, "Hello")
    await sync_to_async(connection().xtrim)(redis.log_key(running.pk), maxlen=0, approximate=False)
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await log.end({running.pk: await settled(running, "Hello there")})
        assert "Hello there" in await facts_by_the_feed(tab)


async def test_a_tab_whose_log_is_gone(owner, running, log, notify_late):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await tab.receive()
        await sync_to_async(connection().delete)(redis.log_key(running.pk))
        await log.end({running.pk: await settled(running, "Hello there")})
        await notify_late()
        assert "Hello there" in await facts_by_the_feed(tab)


@pytest.mark.parametrize("expired", [False, True])
async def test_a_tab_that_moved_its_element_as_the_end_came_and_follows_again(owner, running, log, expired):
    """The first end came for an element that was not there any more: the tab has shown nothing of it."""
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await log.end({running.pk: await settled(running, "Hello there")})
        *frames, _ = await frames_to_the_end(tab)
        if expired:
            await sync_to_async(connection().delete)(redis.log_key(running.pk))
        await tab.follow(running.pk, handle=2, position=frames[-1][1])
        assert "Hello there" in await facts_by_the_feed(tab)


async def test_a_page_that_was_rendered_before_the_end_and_comes_after_it(owner, running, log):
    version = await version_of(owner)
    async with connected(owner) as tab:
        await follow(tab, running, version)
        await log.end({running.pk: await settled(running, "Hello there")})
        await frames_to_the_end(tab)
        await tab.open(running.conversation, version)
        assert "Hello there" in await facts_by_the_feed(tab)


async def test_an_end_of_an_earlier_attempt_is_told_to_nobody(owner, running, log):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "First")
        await tab.receive()
        log.begin(running.pk, 2)
        await tell(log, running, "Second")
        assert (await tab.receive())[1:] == ["2-1", None, "<p>Second"]
        running.status, running.blocks = "done", ["<p>First</p>"]
        log.begin(running.pk, 1)
        log._logs[running.pk].seq = 1
        await log.end({running.pk: running})
        assert await tab.is_silent()


async def test_a_slow_socket_gets_the_end_after_all_frames(owner, running, log, monkeypatch):
    monkeypatch.setattr(consumers, "MAX_QUEUED", 1)
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        for text in ("One", "One, two", "One, two, three"):
            await tell(log, running, text)
        await log.end({running.pk: await settled(running, "One, two, three, four")})
        *frames, _ = await frames_to_the_end(tab)
        assert fold([frame[2:] for frame in frames]) == ["<p>One, two, three, four"]


async def test_a_tab_that_does_not_know_ends_is_sent_the_row(owner, running, log):
    """Its script is older than the server, or somebody else's."""
    async with connected(owner) as tab:
        await tab.open(running.conversation, await version_of(owner))
        await tab.follow(running.pk, ends=False)
        await tell(log, running, "Hello")
        await tab.receive()
        await log.end({running.pk: await settled(running, "Hello there")})
        assert "Hello there" in await facts_by_the_feed(tab)


async def test_a_tab_that_was_sent_a_log_with_a_gap(owner, running, log, notify_late):
    async with connected(owner) as tab:
        await follow(tab, running, await version_of(owner))
        await tell(log, running, "Hello")
        await tab.receive()
        log._logs[running.pk].seq += 1
        await tell(log, running, "Hello you")
        await tab.receive()
        await log.end({running.pk: await settled(running, "Hello you there")})
        await notify_late()
        assert "Hello you there" in await facts_by_the_feed(tab)
