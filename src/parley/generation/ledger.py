"""Ends of attempts: changes a reply and records its calls in one transaction, then sends the signal."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from parley.models import Call, Conversation, Feed, Message, Status, reply_settled
from parley.provider import Provider

from .announcer import announce


def begin(reply: Message, provider: Provider, **facts: Any) -> Call:
    """Return the unsaved row of a call that begins now, for an attempt to write a reply."""
    return Call.begin(reply, provider=provider.name[:200], **facts)


def settle(reply: Message, change: Callable[[], bool], calls: list[Call]) -> bool:
    """Change a reply and record the calls of its attempt, which were made whether the change happens or not.

    Returns whether it happened; False, and nothing is recorded, where the person was deleted.
    """
    reply.record = lambda changed: Call.record(calls)
    return _announced(reply, change(), calls[-1] if calls else None)


def recover(reply: Message, change: Callable[[], bool]) -> bool:
    """Change a reply whose worker is gone, and record that it may have called the provider, at an unknown cost."""
    lost = begin(reply, reply.provider, started_at=reply.started_at or timezone.now())
    lost.end(Status.INTERRUPTED, "worker_gone", ended_at=timezone.now())
    reply.record = lambda changed: changed and Call.record_lost(lost)
    return _announced(reply, change(), lost)


def _announced(reply: Message, changed: bool, call: Call | None) -> bool:
    if changed and reply.settled:
        announce(reply_settled, reply=reply, call=call)
    return changed


def title(conversation: Conversation, title: str, usage: dict[str, Any], call: Call) -> bool:
    """Record a call for a title, and set the title if it brought one; return whether it was set.

    Locks the person's feed first, which is deleted before their calls: of a deleted person nothing is recorded.
    """
    with transaction.atomic():
        taken = bool(usage) and conversation.take_title(title, usage)
        if usage or Feed.lock(conversation.owner_id):
            Call.record([call])
    return taken
