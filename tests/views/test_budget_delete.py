import pytest
from django.urls import reverse

from parley.models import Budget, spending
from parley.models.budget import Spending

pytestmark = pytest.mark.django_db


def test_deletes_a_budget_with_what_was_counted_of_it(admin_client, owner):
    budget, other = Budget.objects.create(limit=20), Budget.objects.create(limit=30)
    spending.standing(owner)
    url = f"/budgets/{budget.pk}/delete/"
    assert reverse("parley:budget_delete", args=[budget.pk]) == url
    response = admin_client.post(url)
    assert (response.status_code, response.url) == (303, "/budgets/")
    assert list(Budget.objects.all()) == [other]
    assert [row.budget_id for row in Spending.objects.all()] == [other.pk]
    assert admin_client.post(url).status_code == 404
