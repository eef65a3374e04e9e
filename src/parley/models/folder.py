"""A folder: conversations that share instructions, a model and parameters."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .organised import IN_FOLDER
from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet


class Folder(Tuned, Versioned):
    """What is set here holds for its conversations as far as they do not say otherwise; see Tuned."""

    MOST = 200
    """That a person may have; the sidebar shows them all."""

    name = models.CharField(_("name"), max_length=100)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("folder"), _("folders")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def shelf(self) -> str:
        """The list of its conversations, which is also the id of its element."""
        return f"{IN_FOLDER}{self.pk}"

    @property
    def place(self) -> str:
        """What the list of folders is sorted by, the lowest first."""
        return f"{self.name.casefold()} {self.pk}"

    @classmethod
    def room_for(cls, owner: Any) -> bool:
        """Whether this person may have one more."""
        return bool(cls.objects.visible_to(owner).count() < cls.MOST)

    def get_absolute_url(self) -> str:
        return f"{reverse('parley:conversation_new')}?folder={self.pk}"
