"""The processes that write replies, and whether they are alive."""

from django.db import models
from django.utils import timezone

from ..ids import uuid7


class Worker(models.Model):
    """A worker process; it says every few seconds that it is alive."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    beat_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.pk)
