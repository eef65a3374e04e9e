"""A folder: conversations that share instructions, a model and parameters."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .named import Named
from .organised import IN_FOLDER


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
