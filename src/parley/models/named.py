"""Generation settings under a name: folders and presets."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .generation_settings import GenerationSettings
from .organised import IN_FOLDER
from .versioned import Versioned, VisibleQuerySet


class Named(GenerationSettings, Versioned):
    """Named generation settings of one person.

    ``LIMIT``: how many a person may have. ``NAMELESS``, ``FULL``: the form's errors for no name and for too many.
    """

    LIMIT = 200
    NAMELESS: ClassVar[Any]
    FULL: ClassVar[Any]
    get_absolute_url: Callable[..., str]

    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Identify it without its name, which the admin shows to nobody by accident."""
        return str(self.pk)

    @property
    def saved_url(self) -> str:
        """Return the address of the page to show after saving."""
        return self.get_absolute_url()

    @classmethod
    def has_capacity(cls, owner: Any) -> bool:
        """Return whether this person may have one more."""
        return bool(cls.objects.visible_to(owner).count() < cls.LIMIT)


class Folder(Named):
    """Its settings are the fallback of its conversations; the sidebar shows all folders."""

    NAMELESS = _("Give the folder a name.")
    FULL = _("You have %(most)s folders, and no more are possible. Delete one first.")

    class Meta:
        verbose_name, verbose_name_plural = _("folder"), _("folders")
        ordering = ("name", "id")

    @property
    def section(self) -> str:
        """Return the section of the sidebar that lists its conversations, which is also the id of its element."""
        return f"{IN_FOLDER}{self.pk}"

    @property
    def cursor(self) -> str:
        """Return the key that the list of folders is sorted by, lowest first."""
        return f"{self.name.casefold()} {self.pk}"

    def get_absolute_url(self) -> str:
        return f"{reverse('parley:conversation_new')}?folder={self.pk}"


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
