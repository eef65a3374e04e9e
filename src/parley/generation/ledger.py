"""Ends of attempts: changes a reply and records its calls in one transaction, then sends the signal."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from parley.models import Call, Conversation, Feed, Message, Price, Status, call_ended, reply_settled
from parley.provider import Provider

from .announcer import announce
from .cost import cost
from .usage import estimated


def begin(reply: Message | None, provider: Provider, **facts: Any) -> Call:
    """Return the unsaved row of a call that begins now, for an attempt to write a reply, or for none."""
    return Call.begin(reply, asked=provider, provider=provider.name[:200], connection=provider.slug, **facts)


def price(calls: list[Call]) -> None:
    """Set what ended calls have cost: by our prices of today, else as the provider says."""
    prices = Price.objects.of({(call.connection, call.model) for call in calls})
    for call in calls:
        ours = cost(vars(call), prices.get((call.connection, call.model)))
        call.cost = call.provider_cost if ours is None else ours


def settle(reply: Message, change: Callable[[], bool], calls: list[Call]) -> bool:
    """Change a reply and record the calls of its attempt, which were made whether the change happens or not.

    Returns whether it happened; False where the person was deleted, of whom the calls are kept without an owner.
    """
    price(calls)
    reply.record = lambda changed: Call.record(calls, reply)
    changed = change()
    if not changed and calls and _is_orphaned(reply.owner_id):
        Call.record_orphaned(calls)
    _announce_ends(*calls)
    return _announced(reply, changed, calls[-1] if calls else None)


def _is_orphaned(owner_id: Any) -> bool:
    """Return whether a person who has asked something was deleted: their feed goes with them."""
    return not Feed.objects.filter(pk=owner_id).exists()


def recover(reply: Message, change: Callable[[], bool]) -> bool:
    """Change a reply whose worker is gone, and record that it may have called the provider, of which only text is left.

    What was sent is not known, and so not in its cost.
    """
    lost = begin(reply, reply.provider, started_at=reply.started_at or timezone.now())
    written = len(reply.content) + len(reply.reasoning)
    known = {**estimated([], written), "prompt_tokens": None} if written else {}
    lost.end(Status.INTERRUPTED, "worker_gone", ended_at=timezone.now(), **known)
    price([lost])
    reply.record = lambda changed: changed and Call.record_lost(lost)
    if changed := change():
        _announce_ends(lost)
    return _announced(reply, changed, lost)


def _announce_ends(*calls: Call) -> None:
    for call in calls:
        announce(call_ended, call=call, provider=call.asked)


def _announced(reply: Message, changed: bool, call: Call | None) -> bool:
    if changed and reply.settled:
        announce(reply_settled, reply=reply, call=call)
    return changed


def title(conversation: Conversation, title: str, usage: dict[str, Any], call: Call) -> bool:
    """Record a call for a title, and set the title if it brought one; return whether it was set.

    Locks the person's feed first, which is deleted before their calls; of a deleted person only the call is kept.
    """
    price([call])
    with transaction.atomic():
        known = Feed.lock(conversation.owner_id)
        taken = bool(known and usage) and conversation.take_title(title, usage)
        if known:
            Call.record([call])
    if not known:
        Call.record_orphaned([call])
    _announce_ends(call)
    return taken


def begin_test(owner_id: Any, provider: Provider, model: str) -> Call:
    """Return the unsaved row of a call that begins now, for a person's test of a connection."""
    return begin(None, provider, owner_id=owner_id or None, model=model, purpose=Call.Purpose.TEST)


def record_test(call: Call) -> None:
    """Record a call for a test; without an owner where its person was deleted meanwhile."""
    price([call])
    people = get_user_model()._default_manager.select_for_update()
    with transaction.atomic():
        if known := people.filter(pk__in=[call.owner_id]).values_list("pk").first():
            Call.record([call])
    if not known:
        Call.record_orphaned([call])
    _announce_ends(call)
