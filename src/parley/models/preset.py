"""A preset: a name for instructions, a model and parameters that a person starts from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet


class Preset(Tuned, Versioned):
    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("preset"), _("presets")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name
