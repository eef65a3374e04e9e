"""A row of one person that pages show: each save advances the person's feed."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.ids import uuid7

from .feed import Feed


class VisibleQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Any:
        """Return the user's own rows."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()


class Versioned(models.Model):
    """A row with a version of its owner's feed. Saving some fields raises DoesNotExist if it was deleted meanwhile."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss", verbose_name=_("owner")
    )
    version = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            if update_fields:
                self.refresh_from_db(fields=["version"])
            self.version = version
            super().save(*args, update_fields=update_fields and {*update_fields, "version"}, **kwargs)

    @property
    def is_live(self) -> bool:
        """Return whether pages may show it, and must learn of its deletion."""
        return True
