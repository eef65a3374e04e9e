"""Replies that are written in the process of a test, in its own transaction."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from random import Random
from uuid import UUID

from django.conf import settings
from django.test.utils import override_settings

from parley import broker
from parley.generation import clients, engine
from parley.generation.announcer import announce
from parley.generation.engine import Held
from parley.generation.outcome import Outcome
from parley.generation.prompting import change_here
from parley.generation.writing import Writing
from parley.ids import uuid7
from parley.models import Message, reply_claimed

from .provider import FakeProvider

EVERY = 0.05


@contextmanager
def site(provider: FakeProvider | None = None, **entries: object) -> Iterator[FakeProvider]:
    """Have PARLEY ask a fake provider, which is yielded, and send no task: nothing needs a broker or a worker.

    ``entries``: others of PARLEY.
    """
    with provider or FakeProvider() as running:
        chosen = {"BASE_URL": running.base_url, "API_KEY": "sk-fake", "MODEL": running.models[0], **entries}
        send, broker.send = broker.send, _send_nothing
        try:
            with override_settings(PARLEY={**getattr(settings, "PARLEY", {}), **chosen}):
                yield running
        finally:
            broker.send = send


def write_replies() -> list[Message]:
    """Write all replies that wait, in their turn, and return them as they settled.

    Signals are sent at once, and the policy of the site is asked here, so that both see the transaction of the test.
    """
    settled: list[Message] = []
    with announce.at_once():
        while begun := _begin():
            settled += [reply for writing in begun if (reply := _write(writing))]
    return settled


def settled(reply: Message, seconds: float = 10.0) -> Message:
    """Wait until a reply that a worker writes has settled, and return it so. Raises TimeoutError."""
    limit = time.monotonic() + seconds
    while not (found := Message.objects.get(pk=reply.pk)).settled:
        if time.monotonic() > limit:
            raise TimeoutError(f"The reply is still {found.status} after {seconds:g} s. Does a worker run?")
        time.sleep(EVERY)
    return found


def _send_nothing(task: str, *arguments: str) -> bool:
    return True


def _begin() -> list[Writing]:
    waiting = Message.objects.unsettled().filter(status=Message.WAITING).order_by("id")
    ids: list[UUID] = list(waiting.values_list("pk", flat=True)[:100])
    begun = engine.begin(ids, uuid7()).values() if ids else ()
    return [writing for writing in begun if writing is not None and not isinstance(writing, Held)]


def _write(writing: Writing) -> Message | None:
    announce(reply_claimed, reply=copy(writing.reply))
    change_here(writing)
    return engine.settle(writing, asyncio.run(_streamed(writing)))


async def _streamed(writing: Writing) -> Outcome:
    try:
        return await engine.write(writing, lambda _: None, Random(1))
    finally:
        await clients.close()
