"""A share: what a conversation was at one moment, for everybody who has the link."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .versioned import Versioned, VisibleQuerySet


def new_token() -> str:
    """128 bits that cannot be guessed."""
    return secrets.token_urlsafe(16)


class ShareQuerySet(VisibleQuerySet):
    def open(self) -> "ShareQuerySet":
        """Those that may be read now."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class Share(Versioned):
    """``snapshot``: {"instructions": str, "messages": [{"id", "role", "content", "html", "model", "created_at", …}]}."""

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    conversation = models.ForeignKey("parley.Conversation", models.CASCADE, related_name="shares")
    title = models.CharField(_("title"), max_length=200)
    snapshot = models.JSONField(default=dict, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    views = models.PositiveIntegerField(_("views"), default=0, editable=False)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("share"), _("shares")

    def __str__(self) -> str:
        return self.title
