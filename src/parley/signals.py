"""What tells the pages: signals announce changes, they never start work."""

from django.db.models.signals import post_delete

from .models import Conversation, Feed, Message, feed_advanced


def connect() -> None:
    from .delivery import broadcasts

    post_delete.connect(_conversation_deleted, sender=Conversation, dispatch_uid="parley.conversation_deleted")
    post_delete.connect(_message_deleted, sender=Message, dispatch_uid="parley.message_deleted")
    feed_advanced.connect(broadcasts.feed_advanced, dispatch_uid="parley.broadcast")


def _conversation_deleted(instance: Conversation, **kwargs: object) -> None:
    _removed(instance.owner_id)


def _message_deleted(instance: Message, **kwargs: object) -> None:
    owner_id = Conversation.objects.filter(pk=instance.conversation_id).values_list("owner_id", flat=True).first()
    if owner_id is not None:
        _removed(owner_id)


def _removed(owner_id: int) -> None:
    """The feed of a person who is being deleted is gone already."""
    if Feed.objects.filter(pk=owner_id).exists():
        Feed.advance(owner_id, removed=True)
