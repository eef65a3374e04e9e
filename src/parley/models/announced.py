"""Signals of what people ask, for the code of a host; sent after the commit, after the task of the reply."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

conversation_started = Signal()
"""Sent when somebody has begun a conversation, with ``conversation``; before its question_asked."""
question_asked = Signal()
"""Sent when somebody has asked, with ``question`` and ``reply``, which is pending."""


def after_commit(signal: Signal, sender: type, **facts: Any) -> None:
    """Send a signal when the transaction is committed; what receivers raise is logged, and stops nobody."""
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender=sender, **facts), robust=True)
