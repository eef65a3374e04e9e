"""A preset: a name for instructions, a model and parameters that a person starts from."""

from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .named import Named


class Preset(Named):
    """A conversation that starts from a preset copies it; later changes to the preset do not reach it."""

    NAMELESS = _("Give the preset a name.")
    FULL = _("You have %(most)s presets, and no more are possible. Delete one first.")

    class Meta:
        verbose_name, verbose_name_plural = _("preset"), _("presets")
        ordering = (Lower("name"), "id")

    @property
    def saved_url(self) -> str:
        return reverse("parley:preset_list")

    def get_absolute_url(self) -> str:
        return reverse("parley:preset_edit", args=[self.pk])
