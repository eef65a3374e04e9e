"""Generation settings under a name: the base of folders and presets."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .generation_settings import GenerationSettings
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
        return self.name

    @property
    def saved_url(self) -> str:
        """Return the address of the page to show after saving."""
        return self.get_absolute_url()

    @classmethod
    def has_capacity(cls, owner: Any) -> bool:
        """Return whether this person may have one more."""
        return bool(cls.objects.visible_to(owner).count() < cls.LIMIT)
