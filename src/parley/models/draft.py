"""A draft: what a person has typed and not sent, kept for their other devices."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from . import tree
from .feed import Feed

if TYPE_CHECKING:
    from .conversation import Conversation

DROP = "DELETE FROM parley_draft WHERE owner_id = %s"


class Draft(models.Model):
    """The text for one conversation, or, without one, for a new conversation."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    conversation = models.ForeignKey("parley.Conversation", models.CASCADE, null=True, blank=True, related_name="+")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "conversation"], name="parley_draft_one"),
            models.UniqueConstraint(fields=["owner"], condition=Q(conversation=None), name="parley_draft_one_new"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def keep(cls, owner: Any, conversation: "Conversation | None", text: str) -> None:
        """Save a draft, or delete it if the text is blank; no write if there was none."""
        mine = Draft.objects.filter(owner=owner, conversation=conversation)
        if not text.strip():
            if mine.exists():
                mine.delete()
        elif not mine.update(text=text):
            Draft.objects.bulk_create([Draft(owner=owner, conversation=conversation, text=text)], ignore_conflicts=True)

    @classmethod
    def drop(cls, owner_id: Any, conversation: "Conversation | None") -> None:
        """Delete a draft, which was sent, in one statement."""
        place = [tree.prepared(conversation.pk)] if conversation else []
        where = "conversation_id = %s" if conversation else "conversation_id IS NULL"
        with connection.cursor() as cursor:
            cursor.execute(f"{DROP} AND {where}", [Feed.key_of(owner_id), *place])

    @classmethod
    def text_of(cls, owner: Any, conversation: "Conversation | None") -> str:
        """Return the text of a draft; "" if there is none."""
        mine = Draft.objects.filter(owner=owner, conversation=conversation)
        return mine.values_list("text", flat=True).first() or ""
