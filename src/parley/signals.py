"""Connect the signals that announce changes to the pages; no signal starts work."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from . import files
from .delivery import live, notify, sockets
from .models import Conversation, Feed, Message, Transfer, feed_advanced


def connect() -> None:
    live.register_all()
    post_delete.connect(_message_deleted, sender=Message, dispatch_uid="parley.message_deleted")
    post_delete.connect(_transfer_deleted, sender=Transfer, dispatch_uid="parley.file_deleted")
    feed_advanced.connect(notify.feed_advanced, dispatch_uid="parley.broadcast")
    sockets.connect()


def _message_deleted(instance: Message, origin: Any = None, **kwargs: object) -> None:
    """Note a removal once for the messages deleted together, and not for those deleted with their conversation."""
    if Message not in (type(origin), getattr(origin, "model", None)):
        return
    noted = vars(origin).setdefault("_parley_noted", set())
    if instance.conversation_id in noted:
        return
    noted.add(instance.conversation_id)
    owner_id = Conversation.objects.filter(pk=instance.conversation_id).values_list("owner_id", flat=True).first()
    if owner_id is not None:
        Feed.note_removal(owner_id)


def _transfer_deleted(instance: Transfer, **kwargs: object) -> None:
    """Remove its file with it, also where the person is deleted."""
    transaction.on_commit(lambda: files.remove(instance.file), robust=True)
