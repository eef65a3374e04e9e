from decimal import Decimal

import pytest
from django.urls import reverse

from parley.models import Budget, spending

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget():
    return Budget.objects.create(limit=20, each=True)


@pytest.fixture
def url(budget):
    return f"/budgets/{budget.pk}/"


def test_has_its_address(budget, url):
    assert reverse("parley:budget_edit", args=[budget.pk]) == url


def test_shows_the_limit_and_who_has_spent(admin_client, url, owner):
    spending.standing(owner)
    page = admin_client.get(url).text
    assert 'value="20"' in page
    assert ">Limit (USD)</label>" in page
    assert "<bdi>owner</bdi>" in page


def test_changes_the_limit_and_keeps_what_is_spent(admin_client, url, budget, owner):
    [row] = spending.standing(owner)
    row.spent = 7
    row.save()
    response = admin_client.post(url, {"limit": "6.5", "hard": "soft"})
    assert (response.status_code, response.url) == (303, "/budgets/")
    budget.refresh_from_db()
    assert (budget.limit, budget.hard) == (Decimal("6.5"), False)
    assert [(row.spent, row.over) for row in spending.standing(owner)] == [(7, True)]


@pytest.mark.parametrize("limit", ["", "0", "many"])
def test_refuses_what_cannot_be(admin_client, url, budget, limit):
    response = admin_client.post(url, {"limit": limit, "hard": "hard"})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    budget.refresh_from_db()
    assert budget.limit == 20
