"""What tells the pages: signals announce changes, they never start work."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from . import files
from .delivery import broadcasts, sockets
from .models import Conversation, Feed, Folder, Message, Transfer, feed_advanced


def connect() -> None:
    post_delete.connect(_conversation_deleted, sender=Conversation, dispatch_uid="parley.conversation_deleted")
    post_delete.connect(_message_deleted, sender=Message, dispatch_uid="parley.message_deleted")
    post_delete.connect(_folder_deleted, sender=Folder, dispatch_uid="parley.folder_deleted")
    post_delete.connect(_transfer_deleted, sender=Transfer, dispatch_uid="parley.transfer_deleted")
    feed_advanced.connect(broadcasts.feed_advanced, dispatch_uid="parley.broadcast")
    sockets.connect()


def _conversation_deleted(instance: Conversation, **kwargs: object) -> None:
    """One that was thrown away before is on no page any more."""
    if instance.discarded_at is None:
        _removed(instance.owner_id)


def _folder_deleted(instance: Folder, **kwargs: object) -> None:
    _removed(instance.owner_id)


def _message_deleted(instance: Message, origin: Any = None, **kwargs: object) -> None:
    """Messages that go with their conversation, or together, are not told one by one."""
    if Message not in (type(origin), getattr(origin, "model", None)):
        return
    told = vars(origin).setdefault("_parley_told", set())
    if instance.conversation_id in told:
        return
    told.add(instance.conversation_id)
    owner_id = Conversation.objects.filter(pk=instance.conversation_id).values_list("owner_id", flat=True).first()
    if owner_id is not None:
        _removed(owner_id)


def _transfer_deleted(instance: Transfer, **kwargs: object) -> None:
    """Its file goes with it, also when the person is deleted."""
    transaction.on_commit(partial(files.remove, instance.file), robust=True)
    _removed(instance.owner_id)


def _removed(owner_id: int) -> None:
    """The feed of a person who is being deleted is gone already."""
    if Feed.objects.filter(pk=owner_id).exists():
        Feed.advance(owner_id, removed=True)
