"""A preset: a name for instructions, a model and parameters that a person starts from."""

from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet


class Preset(Tuned, Versioned):
    """A conversation that starts from one copies it, and is not changed with it."""

    MOST = 200
    """That a person may have."""

    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("preset"), _("presets")
        ordering = (Lower("name"), "id")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("parley:preset_edit", args=[self.pk])

    @classmethod
    def keep(cls, owner: Any, name: str, **tuning: Any) -> "Preset":
        preset = cls(owner=owner, name=name, **tuning)
        preset.save(force_insert=True)
        return preset

    @classmethod
    def room_for(cls, owner: Any) -> bool:
        """Whether this person may have one more."""
        return bool(cls.objects.visible_to(owner).count() < cls.MOST)
