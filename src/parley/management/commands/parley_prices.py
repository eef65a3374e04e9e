"""Take the prices of the models in use from the package genai-prices."""

from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from parley.choice import joined
from parley.conf import conf
from parley.days import today
from parley.models import Connection, Price
from parley.models.price import MAX_PRICES
from parley.models.totals import in_use

try:
    import genai_prices
except ImportError:
    genai_prices = None

THOUSAND = 1_000
"""Tokens for which the package is asked: so few that no price for long requests counts."""
ASKED = {
    "input": ({"input_tokens": THOUSAND}, "input_price"),
    "output": ({"output_tokens": THOUSAND}, "output_price"),
    "cached_input": ({"input_tokens": THOUSAND, "cache_read_tokens": THOUSAND}, "input_price"),
    "cache_write": ({"input_tokens": THOUSAND, "cache_write_tokens": THOUSAND}, "input_price"),
}

Amounts = dict[str, Decimal]


class Command(BaseCommand):
    help = "Show the prices that the package genai-prices has for the models in use; with --write, keep them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Keep them, from today on.")

    def handle(self, *args: Any, **options: Any) -> None:
        if genai_prices is None:
            raise CommandError("The package genai-prices is missing: pip install 'django-parley[prices]'.")
        addresses = {"": conf.BASE_URL, **dict(Connection.objects.values_list("slug", "base_url"))}
        for (slug, model), old in in_use().items():
            new = known(model, addresses[slug]) if slug in addresses else None
            changed = new is not None and _may_change(old, new)
            if new and changed and options["write"]:
                _keep(slug, model, new)
            self.stdout.write(f"{joined(slug, model)}: {_words(old, new, changed)}")
        if not options["write"]:
            self.stdout.write("Nothing was changed: --write keeps these prices.")


def known(model: str, address: str) -> Amounts | None:
    """Return the package's prices of 1,000,000 tokens; None where it does not know the provider or the model."""
    try:
        return {name: _asked(model, address, *how) for name, how in ASKED.items()}
    except LookupError:
        return None


def _asked(model: str, address: str, tokens: dict[str, int], part: str) -> Decimal:
    found = genai_prices.calc_price(genai_prices.Usage(**tokens), model_ref=model, provider_api_url=address)
    return round(Decimal(str(getattr(found, part))) * 1_000_000 / THOUSAND, 6)


def _may_change(old: Price | None, new: Amounts) -> bool:
    """Return whether a price is another one, and not what a person wrote."""
    return old is None or (old.source == Price.Source.PACKAGE and _amounts(old) != new)


def _amounts(price: Price) -> Amounts:
    return {name: getattr(price, name) for name in ASKED}


def _keep(slug: str, model: str, amounts: Amounts) -> None:
    if Price.objects.count() >= MAX_PRICES:
        raise CommandError(f"There are {MAX_PRICES} prices, and no more are possible: delete some first.")
    key: dict[str, Any] = {"connection": slug, "model": model, "valid_from": today()}
    Price.objects.update_or_create(**key, defaults={**amounts, "source": Price.Source.PACKAGE})


def _words(old: Price | None, new: Amounts | None, changed: bool) -> str:
    before = " ".join(f"{name} {amount}" for name, amount in _amounts(old).items()) if old else "no price"
    if new is None:
        return f"{before} (the package does not know it)"
    if not changed:
        return f"{before} (kept)"
    return f"{before} -> {' '.join(f'{name} {amount}' for name, amount in new.items())}"
