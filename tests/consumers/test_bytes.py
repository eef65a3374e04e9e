"""What the answer to a short question costs on the socket, in bytes."""

import orjson
from asgiref.sync import sync_to_async

from parley.models import Message
from tests.consumers.conftest import connected

WORDS = 3 * "A parley is a talk between enemies, held under a truce, to agree on terms or on the fate of prisoners. "
TEXT = " ".join(WORDS.split(" ")[:50])
TICKS = 10


@sync_to_async
def claimed(reply):
    return Message.objects.filter(pk=reply.pk).update(status="streaming", attempt=1)


@sync_to_async
def settled(reply):
    reply = Message.objects.get(pk=reply.pk)
    assert reply.finish(TEXT, model="a-model", usage={"completion_tokens": 50})
    return reply


async def bytes_until_settled(tab):
    """Return how many bytes came, and the last message, which has the end."""
    total, message = 0, [1, "0", None]
    while not isinstance(message[2], dict):
        raw = await tab.communicator.receive_output(5)
        total, message = total + len(raw["text"].encode()), orjson.loads(raw["text"])
    return total, message


async def test_a_short_answer_costs_little_more_than_its_text(owner, conversation, reply, log, monkeypatch):
    monkeypatch.setattr("parley.delivery.notify.tell", lambda *args: None)
    await claimed(reply)
    log.begin(reply.pk, 1)
    async with connected(owner) as tab:
        version = await sync_to_async(lambda: reply.version)()
        await tab.open(conversation, version)
        await tab.follow(reply.pk)
        assert await tab.is_silent(0)
        for tick in range(1, TICKS + 1):
            log._logs[reply.pk].due_at = 0
            words = TEXT.split(" ")[: tick * 50 // TICKS]
            assert await log.write({reply.pk: (" ".join(words), "")}) == set()
        await log.end({reply.pk: await settled(reply)})
        total, message = await bytes_until_settled(tab)
    assert message[2]["version"] == version + 1
    assert total <= 2.5 * len(TEXT)
