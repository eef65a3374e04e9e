"""A title that a model gives to a conversation, unless a person has given one."""

from typing import Any

from django.db import models, transaction

from parley.text import clean_title_usage

from .feed import Feed


class Titled(models.Model):
    """``title_usage``: what the title cost, as the provider counts it, and ``model``."""

    owner_id: Any
    title_usage = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True

    @property
    def title_cost(self) -> dict[str, Any]:
        """``title_usage`` as it should be, whatever an import has left there."""
        return clean_title_usage(self.title_usage)

    def take_title(self, title: str, usage: dict[str, Any]) -> bool:
        """Note what a model's title cost, and take it while it replaces only the first question: whether it did."""
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            mine: Any = type(self)._default_manager.filter(pk=self.pk)
            mine.update(title_usage=usage)
            untitled = mine.filter(titled_by="question") if title else mine.none()
            return bool(untitled.update(title=title, titled_by="model", version=version))
