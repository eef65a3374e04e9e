"""A folder: conversations that share instructions and a model."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet


class Folder(Tuned, Versioned):
    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("folder"), _("folders")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name
