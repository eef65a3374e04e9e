"""The form of a price."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parley import choice
from parley.days import today
from parley.models import Price
from parley.models.price import MAX_PRICES
from parley.text import clean_line

HIGHEST = 100_000
AMOUNTS = ("input", "output", "cached_input", "cache_write")


def _amount(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"step": "any", "min": 0, "inputmode": "decimal"})
    field = forms.DecimalField(
        label=label, help_text=help_text, required=required, widget=widget,
        min_value=0, max_value=HIGHEST, max_digits=12, decimal_places=6,
    )  # fmt: skip
    field.error_messages["min_value"] = _("Prices are 0 or more.")
    return field


class PriceForm(forms.Form):
    """The price of a model from a day on; it replaces that of the same model and day."""

    choice = forms.CharField(
        label=_("Model"),
        max_length=242,
        help_text=_("Its name; of a connection: connection::name. With * as its name: every other model."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "list": "unpriced"}
        ),
    )
    input = _amount(_("Input"))
    output = _amount(_("Output"))
    cached_input = _amount(_("Cached input"), _("Empty: as other input."), required=False)
    cache_write = _amount(_("Written to the cache"), _("Empty: as other input."), required=False)
    valid_from = forms.DateField(
        label=_("From this day on"), initial=today, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_choice(self) -> tuple[str, str]:
        """Return (slug of the connection, name of the model)."""
        slug, name = choice.split(clean_line(self.cleaned_data["choice"], 242))
        if not name or len(name) > 200:
            raise forms.ValidationError(_("This is no name of a model."))
        return slug, name

    def clean(self) -> dict[str, Any]:
        full = Price.objects.count() >= MAX_PRICES
        if full and not self.errors and not Price.objects.filter(**self._key).exists():
            raise forms.ValidationError(
                _("There are %(most)s prices, and no more are possible. Delete one first."), params={"most": MAX_PRICES}
            )
        return super().clean() or {}

    def save(self) -> None:
        """Keep the price, as written by a person."""
        amounts = {name: self.cleaned_data[name] for name in AMOUNTS}
        Price.objects.update_or_create(**self._key, defaults={**amounts, "source": Price.Source.PERSON})

    @property
    def _key(self) -> dict[str, Any]:
        slug, name = self.cleaned_data["choice"]
        return {"connection": slug, "model": name, "valid_from": self.cleaned_data["valid_from"]}


def initial(price: Price) -> dict[str, Any]:
    """Return what the form shows of a price there is."""
    amounts = {name: _plain(getattr(price, name)) for name in AMOUNTS}
    return {**amounts, "choice": price.choice, "valid_from": price.valid_from}


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
