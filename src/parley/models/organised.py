"""Where a conversation is found: pinned, archived, in a folder, or thrown away."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organised(models.Model):
    """``discarded_at``: thrown away, and gone for good UNDO_WITHIN seconds later."""

    folder = models.ForeignKey(
        "parley.Folder", models.SET_NULL, null=True, blank=True, related_name="conversations", verbose_name=_("folder")
    )
    pinned = models.BooleanField(_("pinned"), default=False)
    archived = models.BooleanField(_("archived"), default=False)
    discarded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
