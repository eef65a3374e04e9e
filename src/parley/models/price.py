"""What tokens cost, by connection and model."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parley.choice import is_personal, joined
from parley.days import today
from parley.ids import uuid7

from .connection import title_of
from .statements import Rows, marks

EVERY_MODEL = "*"
MAX_PRICES = 500

Asked = tuple[str, str]
"""(slug of a connection, "" for the settings' provider; name of a model)."""


class PriceQuerySet(models.QuerySet[Any]):
    def of(self, asked: Iterable[Asked]) -> dict[Asked, "Price"]:
        """Return the prices that hold today: the newest, one of the model itself before one of every model."""
        asked = set(asked)
        names = [EVERY_MODEL, *sorted({model for _, model in asked})]
        condition, day = f"model IN ({marks(names)}) AND valid_from <= %s", today()
        rows = Rows(self.model, condition, [*names, day.isoformat()]).load(" ORDER BY valid_from") if asked else []
        newest = {(row.connection, row.model): row for row in rows}
        found = {(slug, name): newest.get((slug, name), newest.get((slug, EVERY_MODEL))) for slug, name in asked}
        return {pair: price for pair, price in found.items() if price is not None}


class Price(models.Model):
    """Prices of 1,000,000 tokens in ``PARLEY["CURRENCY"]``, from a day on; later ones replace it from their day on.

    ``connection``: its slug, "" for the settings' provider; ``model``: its exact name, or "*" for every other.
    ``cached_input``, ``cache_write``: None where they cost as much as ``input``.
    """

    class Source(models.TextChoices):
        PERSON = "person", _("Written here")
        PACKAGE = "package", _("From a price list")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.CharField(_("connection"), max_length=40, blank=True)
    model = models.CharField(_("model"), max_length=200)
    input = models.DecimalField(_("input"), max_digits=14, decimal_places=6)
    output = models.DecimalField(_("output"), max_digits=14, decimal_places=6)
    cached_input = models.DecimalField(_("cached input"), max_digits=14, decimal_places=6, null=True, blank=True)
    cache_write = models.DecimalField(_("written to the cache"), max_digits=14, decimal_places=6, null=True, blank=True)
    valid_from = models.DateField(_("valid from"), default=today)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.PERSON)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("price"), _("prices")
        constraints = [
            models.UniqueConstraint(fields=["connection", "model", "valid_from"], name="parley_price_identity")
        ]

    def __str__(self) -> str:
        return self.choice

    @property
    def choice(self) -> str:
        """Return its model as people choose it; see parley.choice."""
        return joined(self.connection, self.model)

    @property
    def named(self) -> str:
        return named(self.connection, self.model)


def named(slug: str, model: str) -> str:
    """Say what a price is of, as “Gateway: every model”."""
    whose = slug if is_personal(slug) else title_of(joined(slug, model), None)
    words = gettext("every model") if model == EVERY_MODEL else model
    return f"{whose}: {words}" if whose else words
