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
OURS = (
    "id = %s AND attempt = %s AND (status = 'streaming' OR worker = %s AND (status = 'pending'"
    " OR status = 'interrupted' AND error = 'worker_gone' OR status = 'failed' AND error = 'worker_gone_again'))"
)
"""The row of a reply while an attempt writes it, or would if its worker had not been thought dead.

Then it still names that worker; retry and resume clear it.
"""
NOT_IN_TRASH = (
    " AND EXISTS (SELECT 1 FROM parley_conversation"
    " WHERE parley_conversation.id = parley_message.conversation_id AND deleted_at IS NULL)"
)
