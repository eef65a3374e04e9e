from uuid import uuid4

import pytest

from parley.models import Call, Price
from tests.views.calls import called

pytestmark = pytest.mark.django_db
URL = "/prices/delete/"


def test_deletes_a_price_and_leaves_what_calls_have_cost(admin_client, owner):
    called(owner, cost="0.5")
    price, other = (Price.objects.create(model=name, input=1, output=1) for name in ("a", "b"))
    assert admin_client.post(URL, {"price": price.pk}).status_code == 303
    assert list(Price.objects.all()) == [other]
    assert float(Call.objects.get().cost) == 0.5


def test_is_for_who_may_change_prices(at_owner):
    price = Price.objects.create(model="a", input=1, output=1)
    assert at_owner.post(URL, {"price": price.pk}).status_code == 404
    assert Price.objects.exists()


@pytest.mark.parametrize("named", [None, "nonsense", uuid4()])
def test_finds_no_other_price(admin_client, named):
    assert admin_client.post(URL, {"price": named} if named else {}).status_code == 404
