"""The price of a call is the newest that holds, of the model itself before one of every model."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from parley.days import today
from parley.models import Call, Connection, Price
from parley.models.price import MAX_PRICES

pytestmark = pytest.mark.django_db
command = import_module("parley.management.commands.parley_prices")


def price(model="gpt-x", amount=1, days=0, connection="", **values):
    day = today() + timedelta(days=days)
    return Price.objects.create(
        model=model, connection=connection, input=amount, output=amount, valid_from=day, **values
    )


def called(model="gpt-x", connection="", **values):
    values = {"completion_tokens": 1, **values}
    Call.objects.create(attempt=1, model=model, connection=connection, outcome="done", **values)


def test_finds_each_price_in_one_query(django_assert_num_queries):
    price("*", 9)
    price("*", 8, connection="gateway")
    price("gpt-x", 1, days=-9)
    price("gpt-x", 2, days=-1)
    price("gpt-x", 3, days=1)
    price("old", 4, connection="gateway")
    asked = {("", "gpt-x"), ("", "old"), ("gateway", "gpt-x"), ("gateway", "old"), ("gone", "gpt-x")}
    with django_assert_num_queries(1):
        found = {pair: found.input for pair, found in Price.objects.of(asked).items()}
    assert found == {("", "gpt-x"): 2, ("", "old"): 9, ("gateway", "gpt-x"): 8, ("gateway", "old"): 4}
    with django_assert_num_queries(0):
        assert Price.objects.of([]) == {}


def test_has_one_price_of_a_model_and_day():
    price()
    with pytest.raises(IntegrityError):
        price()


# The command


def package(prices, asked=None):
    """What stands for genai_prices: {(model, address): (input, output, cached, written)}, of 1,000,000 tokens."""

    def calc_price(usage, model_ref, provider_api_url):
        (asked if asked is not None else []).append((model_ref, provider_api_url))
        plain, output, cached, written = prices[model_ref, provider_api_url]
        kept, put = usage.get("cache_read_tokens", 0), usage.get("cache_write_tokens", 0)
        read = usage.get("input_tokens", 0) - kept - put
        cost = read * Decimal(plain) + kept * Decimal(cached) + put * Decimal(written)
        written = usage.get("output_tokens", 0) * Decimal(output)
        return SimpleNamespace(input_price=cost / 1_000_000, output_price=written / 1_000_000)

    return SimpleNamespace(Usage=dict, calc_price=calc_price)


@pytest.fixture
def run(monkeypatch, settings):
    settings.PARLEY = {**settings.PARLEY, "BASE_URL": "https://api.example/v1"}
    Connection.objects.create(name="Gateway", base_url="https://gateway.example/v1")
    prices = {
        ("gpt-x", "https://api.example/v1"): ("1.25", "10", "0.125", "1.25"),
        ("gpt-x", "https://gateway.example/v1"): ("3", "15", "0.3", "3.75"),
    }
    monkeypatch.setattr(command, "genai_prices", package(prices))

    def run(*arguments):
        call_command("parley_prices", *arguments, stdout=(out := StringIO()))
        return out.getvalue()

    return run


def test_takes_the_prices_of_the_models_in_use(run):
    called()
    called(connection="gateway")
    called("unknown")
    called("gpt-x", connection="deleted")
    called("gpt-old", day=today() - timedelta(days=31))
    said = run()
    assert "gpt-x: no price -> input 1.25" in said
    assert "unknown: no price (the package does not know it)" in said
    assert "deleted::gpt-x: no price (the package does not know it)" in said
    assert "gpt-old" not in said
    assert "--write" in said
    assert not Price.objects.exists()
    run("--write")
    found = Price.objects.order_by("connection").values_list("connection", "model", *command.ASKED, "source")
    amounts = [tuple(map(Decimal, text.split())) for text in ("1.25 10 0.125 1.25", "3 15 0.3 3.75")]
    assert list(found) == [
        ("", "gpt-x", *amounts[0], "package"),
        ("gateway", "gpt-x", *amounts[1], "package"),
    ]
    assert "(kept)" in run("--write")
    assert Price.objects.count() == 2


def test_never_replaces_what_a_person_wrote(run):
    called()
    called(connection="gateway")
    mine, every = price(), price("*", 0, connection="gateway")
    price("gpt-x", 5, days=-9, connection="other", source="package")
    assert run("--write").count("(kept)") == 2
    assert set(Price.objects.exclude(connection="other")) == {mine, every}


def test_replaces_its_own_from_today_on(run):
    called()
    price(days=-9, source="package")
    run("--write")
    assert list(Price.objects.order_by("valid_from").values_list("input", flat=True)) == [1, Decimal("1.25")]


def test_says_what_is_missing(run, monkeypatch):
    called()
    Price.objects.bulk_create(Price(model=f"m{n}", input=1, output=1) for n in range(MAX_PRICES))
    with pytest.raises(CommandError, match="500 prices"):
        run("--write")
    monkeypatch.setattr(command, "genai_prices", None)
    with pytest.raises(CommandError, match=r"django-parley\[prices\]"):
        run()


def test_reads_the_package_itself(monkeypatch):
    """Where the extra is installed."""
    genai_prices = pytest.importorskip("genai_prices")
    monkeypatch.setattr(command, "genai_prices", genai_prices)
    found = command.known("gpt-4o", "https://api.openai.com/v1")
    assert (found["input"], found["output"]) == (Decimal("2.5"), 10)
    assert found["cached_input"] == Decimal("1.25")
    assert command.known("no-such-model", "https://api.openai.com/v1") is None
    assert command.known("gpt-4o", "http://127.0.0.1:11434/v1") is None
