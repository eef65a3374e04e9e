from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse

from parley.models import Budget

URL = "/budgets/new/"
GOOD = {"whom": "everyone", "limit": "20", "unit": "cost", "period": "month", "hard": "hard"}

pytestmark = pytest.mark.django_db


def test_has_its_address():
    assert reverse("parley:budget_create") == URL


def test_makes_budgets_of_all_kinds(admin_client, owner):
    group = Group.objects.create(name="Sales")
    for values in (
        {},
        {"each": "on", "unit": "tokens", "limit": "1000000", "hard": "soft"},
        {"whom": "person", "person": " owner "},
        {"whom": group.pk, "each": "on", "period": "day", "limit": "0.5"},
    ):
        response = admin_client.post(URL, {**GOOD, **values})
        assert (response.status_code, response.url) == (303, "/budgets/")
    everyone, each, person, of_group = Budget.objects.order_by("id")
    assert (everyone.limit, everyone.unit, everyone.period, everyone.hard) == (20, "cost", "month", True)
    assert (each.each, each.unit, each.hard) == (True, "tokens", False)
    assert (person.person, person.each) == (owner, False)
    assert (of_group.group, of_group.each, of_group.limit) == (group, True, Decimal("0.5"))


WHOM = "Choose a person, a group, or everyone."
LIMIT = "Give the budget a limit above 0."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"whom": ""}, WHOM),
        ({"whom": "99"}, WHOM),
        ({"whom": "person"}, WHOM),
        ({"person": "owner"}, WHOM),
        ({"whom": "person", "person": "nobody <b>"}, "There is no person “nobody &lt;b&gt;”."),
        ({"whom": "person", "person": "owner", "each": "on"}, "A budget of one person is theirs alone already."),
        ({"limit": ""}, LIMIT),
        ({"limit": "0"}, LIMIT),
        ({"limit": "-1"}, LIMIT),
        ({"limit": "NaN"}, "Enter a number."),
        ({"limit": "1e13"}, "less than or equal to"),
        ({"limit": "0.000000001"}, "decimal places"),
        ({"unit": "beads"}, "beads is not one of the available choices"),
        ({"period": "year"}, "year is not one of the available choices"),
        ({"hard": "maybe"}, "maybe is not one of the available choices"),
    ],
)
def test_refuses_what_cannot_be_and_keeps_what_was_typed(admin_client, owner, values, sentence):
    response = admin_client.post(URL, {**GOOD, "limit": "77", "person": "", **values})
    assert response.status_code == 422
    assert sentence in response.text
    assert 'role="alert"' in response.text
    assert "limit" in values or 'value="77"' in response.text
    assert not Budget.objects.exists()


def test_says_when_there_are_too_many(admin_client):
    Budget.objects.bulk_create(Budget(limit=1) for _ in range(100))
    response = admin_client.post(URL, GOOD)
    assert response.status_code == 422
    assert "There are 100 budgets, and no more are possible. Delete one first." in response.text
    assert Budget.objects.count() == 100


def test_takes_the_permission_and_not_more(browser_of, owner):
    browser = browser_of(owner)
    assert [browser.get(URL).status_code, browser.post(URL, GOOD).status_code] == [404, 404]
    assert get_user_model().objects.filter(is_superuser=True).count() == 0
    assert not Budget.objects.exists()
