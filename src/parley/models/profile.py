"""What a person has set for all of their conversations."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .compiled import Compiled, Slot

LONGEST = 4_000
"""Characters of each text."""
MAX_FAVOURITES = 50


class Profile(models.Model):
    """``about``, ``style``: personal instructions, sent before those of each conversation that does not leave them out.

    ``model``: the choice that a new conversation begins with, and then keeps; ``favourites``: choices, newest first.
    """

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="parley_profile"
    )
    name = models.CharField(_("name"), max_length=60, blank=True)
    about = models.TextField(_("about me"), blank=True)
    style = models.TextField(_("how to answer"), blank=True)
    model = models.CharField(_("model"), max_length=250, blank=True)
    favourites = models.JSONField(default=list, blank=True, editable=False)
    enter_sends = models.BooleanField(_("Enter sends"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("profile"), _("profiles")

    def __str__(self) -> str:
        return self.name or str(self.owner.get_username())

    @property
    def enter_key(self) -> str:
        """Return what Enter does in the composer, as ``enterkeyhint`` names it: ``send`` or ``enter``."""
        return "send" if self.enter_sends else "enter"

    @classmethod
    def of(cls, user: Any) -> "Profile":
        """Return a person's profile, by one query for each ``user`` object; an unsaved one where there is none."""
        try:
            found: Profile = user.parley_profile
        except cls.DoesNotExist:
            found = cls(owner=user)
        return found

    @classmethod
    def change(cls, user: Any, **values: Any) -> None:
        """Save these values; make the profile where there is none."""
        user.parley_profile, __ = cls.objects.update_or_create(owner=user, defaults=values)

    @classmethod
    def favourites_of(cls, user: Any) -> list[str]:
        """Return a person's favourite choices, newest first."""
        return [*cls.of(user).favourites]

    @classmethod
    def toggle_favourite(cls, user: Any, choice: str) -> bool:
        """Make a choice a favourite, or no longer one; return whether it is one now: not where there are 50."""
        before = cls.favourites_of(user)
        others = [each for each in before if each != choice]
        added = choice not in before and len(before) < MAX_FAVOURITES
        cls.change(user, favourites=[choice, *others] if added else others)
        return added

    @classmethod
    def instructions_of(cls, owner_id: Any) -> tuple[str, str]:
        """Return (about, style) of a person, for each reply that begins; empty where nothing is set."""
        found: Profile | None = _OF.first(cls, owner=owner_id)
        return (found.about, found.style) if found else ("", "")


_OF = Compiled(lambda: Profile.objects.filter(pk=Slot("owner", Profile._meta.pk)))
