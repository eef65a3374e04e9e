"""Settings that are kept under a name: what folders and presets have in common."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet


class Named(Tuned, Versioned):
    """``MOST``: that a person may have. ``NAMELESS``, ``FULL``: what to say to somebody without a name, or with so many."""

    MOST = 200
    NAMELESS: ClassVar[Any]
    FULL: ClassVar[Any]

    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def saved_url(self) -> str:
        """Where somebody is who has saved it."""
        return self.get_absolute_url()

    def get_absolute_url(self) -> str:
        raise NotImplementedError

    @classmethod
    def room_for(cls, owner: Any) -> bool:
        """Whether this person may have one more."""
        return bool(cls.objects.visible_to(owner).count() < cls.MOST)
