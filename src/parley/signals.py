"""Connect the signals that announce changes to the pages; no signal starts work."""

from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, pre_delete

from . import correlation, files
from .conf import conf
from .delivery import live, notify, sockets
from .models import Attachment, Call, Conversation, Feed, Message, Transfer, UsageDay, feed_advanced
from .models.attachment import PARTS
from .monitoring import listening


def connect() -> None:
    live.register_all()
    post_delete.connect(_message_deleted, sender=Message, dispatch_uid="parley.message_deleted")
    pre_delete.connect(_person_deleted, sender=get_user_model(), dispatch_uid="parley.person_deleted")
    post_delete.connect(_transfer_deleted, sender=Transfer, dispatch_uid="parley.file_deleted")
    post_delete.connect(_attachment_deleted, sender=Attachment, dispatch_uid="parley.attachment_deleted")
    feed_advanced.connect(notify.feed_advanced, dispatch_uid="parley.broadcast")
    sockets.connect()
    correlation.connect()
    if conf.METRICS_TOKEN:
        listening.connect()


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


def _person_deleted(instance: Any, **kwargs: object) -> None:
    """Keep the name of who made calls, which stay."""
    Call.name_deleted(instance)
    UsageDay.objects.all().delete()


def _transfer_deleted(instance: Transfer, **kwargs: object) -> None:
    """Remove its file with it, also where the person is deleted."""
    transaction.on_commit(lambda: files.remove(instance.file), robust=True)


def _attachment_deleted(instance: Attachment, **kwargs: object) -> None:
    """Remove its files with it, also where the person is deleted."""
    transaction.on_commit(partial(files.remove_folder, instance.place, PARTS), robust=True)
