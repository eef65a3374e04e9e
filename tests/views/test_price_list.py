import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from parley.conf import conf
from parley.days import today
from parley.models import Price
from parley.models.price import MAX_PRICES
from tests.support.connections import connected
from tests.views.calls import called

pytestmark = pytest.mark.django_db
URL = "/prices/"
SENT = {"choice": "gateway::gpt-x", "input": "1.25", "output": "10", "valid_from": "2026-11-01"}


def test_is_for_who_may_change_prices(at_owner, owner):
    owner.is_staff = True
    owner.save()
    assert at_owner.get(URL).status_code == 404
    assert at_owner.post(URL, SENT).status_code == 404
    assert not Price.objects.exists()


def test_keeps_a_price_and_replaces_that_of_the_same_model_and_day(admin_client):
    assert "There are no prices yet" in admin_client.get(URL).text
    assert admin_client.post(URL, SENT).status_code == 303
    price = Price.objects.get()
    assert (price.connection, price.model, price.input, price.output) == ("gateway", "gpt-x", Decimal("1.25"), 10)
    assert (price.cached_input, price.valid_from, price.source) == (None, date(2026, 11, 1), "person")
    Price.objects.update(source="package")
    admin_client.post(URL, {**SENT, "input": "0", "cached_input": "0.1"})
    price = Price.objects.get()
    assert (price.input, price.cached_input, price.source) == (0, Decimal("0.1"), "person")
    admin_client.post(URL, {**SENT, "valid_from": "2026-12-01"})
    assert Price.objects.count() == 2


def test_shows_prices_and_fills_the_form_to_change_one(admin_client):
    price = Price.objects.create(model="gpt-x", input="1.25", output=10, cache_write="1.5")
    page = admin_client.get(URL).text
    for words in ("gpt-x", "<td>1.25</td>", "<td>10</td>", f"?price={price.pk}#price"):
        assert words in page
    page = admin_client.get(URL, {"price": price.pk}).text
    values = ("gpt-x", "1.25", "10", "1.5", today(), price.pk)
    for words in ("Delete this price", "/prices/delete/", *(f'value="{value}"' for value in values)):
        assert words in page
    assert admin_client.get(URL, {"price": uuid4()}).status_code == 404
    assert admin_client.get(URL, {"price": "nonsense"}).status_code == 404


def test_lists_the_models_in_use_without_a_price(admin_client, owner):
    called(owner, model="gpt-x")
    called(owner, model="a b&c", connection="gateway")
    called(owner, model="failed", completion_tokens=None)
    Price.objects.create(model="gpt-x", input=1, output=1)
    page = admin_client.get(URL).text
    assert 'href="?model=gateway%3A%3Aa%20b%26c#price"' in page
    assert "?model=gpt-x" not in page
    assert "?model=failed" not in page
    assert 'value="gateway::a b&amp;c"' in admin_client.get(URL, {"model": "gateway::a b&c"}).text


def test_names_connections_and_every_model_as_people_do(admin_client, owner):
    connected("Our gateway", slug="gateway")
    for slug, model in (("gateway", "*"), ("gateway", "gpt-x"), ("", "gpt-y"), ("gone", "gpt-z")):
        Price.objects.create(connection=slug, model=model, input=1, output=1)
    called(owner, model="gpt-5", connection="")
    called(owner, model="gpt-own", connection="p-0123456789ab")
    page = admin_client.get(URL).text
    shown = set(re.findall(r"<bdi>(.*?)</bdi>", page.partition('id="main"')[2]))
    assert shown == {
        *("Our gateway: every model", "Our gateway: gpt-x"),
        *(f"{conf.provider.name}: gpt-y", f"{conf.provider.name}: gpt-5", "gone: gpt-z"),
    }
    page = admin_client.get(URL, {"price": Price.objects.get(model="*").pk}).text
    assert "Delete the price of “Our gateway: every model”?" in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"input": "-1"}, "Prices are 0 or more."),
        ({"output": "100001"}, "less than or equal to 100000"),
        ({"input": "NaN"}, "Enter a number."),
        ({"cached_input": "1e400"}, "Ensure that there are no more than"),
        ({"choice": " "}, "This field is required."),
        ({"choice": "\u200b"}, "This is no name of a model."),
        ({"choice": "x" * 201}, "This is no name of a model."),
        ({"choice": "x\0"}, "Null characters are not allowed."),
        ({"valid_from": "tomorrow"}, "Enter a valid date."),
        ({"valid_from": ""}, "This field is required."),
    ],
)
def test_refuses_what_is_no_price_and_keeps_what_was_typed(admin_client, sent, words):
    page = admin_client.post(URL, {**SENT, **sent})
    assert page.status_code == 422
    assert words in page.text
    assert 'value="10"' in page.text or "output" in sent
    assert not Price.objects.exists()


def test_has_so_many_at_most_and_changes_them_all_the_same(admin_client):
    Price.objects.bulk_create(Price(model=f"m{n}", input=1, output=1) for n in range(MAX_PRICES))
    page = admin_client.post(URL, SENT)
    assert page.status_code == 422
    assert "There are 500 prices, and no more are possible." in page.text
    assert admin_client.post(URL, {**SENT, "choice": "m1", "valid_from": today()}).status_code == 303
    assert Price.objects.count() == MAX_PRICES
