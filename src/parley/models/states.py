"""The roles of messages and the states of replies."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    USER = "user", _("User")
    ASSISTANT = "assistant", _("Assistant")


class Status(models.TextChoices):
    PENDING = "pending", _("Pending")
    STREAMING = "streaming", _("Streaming")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")
    INTERRUPTED = "interrupted", _("Interrupted")


UNSETTLED = (Status.PENDING, Status.STREAMING)
RETRIABLE = (Status.FAILED, Status.STOPPED, Status.INTERRUPTED)
