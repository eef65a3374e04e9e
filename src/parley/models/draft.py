"""What a person has typed and not sent, so that another device has it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from .conversation import Conversation


class Draft(models.Model):
    """One per conversation, and one (without a conversation) for the next new one."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, blank=True, related_name="+")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "conversation"], name="parley_draft_one"),
            models.UniqueConstraint(fields=["owner"], condition=Q(conversation=None), name="parley_draft_one_new"),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    @classmethod
    def keep(cls, owner: Any, conversation: Conversation | None, text: str) -> None:
        """An empty text is no draft; to find that there was none costs no write."""
        mine = Draft.objects.filter(owner=owner, conversation=conversation)
        if not text.strip():
            if mine.exists():
                mine.delete()
        elif not mine.update(text=text):
            Draft.objects.bulk_create([Draft(owner=owner, conversation=conversation, text=text)], ignore_conflicts=True)

    @classmethod
    def text_of(cls, owner: Any, conversation: Conversation | None) -> str:
        mine = Draft.objects.filter(owner=owner, conversation=conversation)
        return mine.values_list("text", flat=True).first() or ""
