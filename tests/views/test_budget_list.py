import pytest
from django.urls import reverse

from parley.models import Budget, spending

pytestmark = pytest.mark.django_db


def test_has_its_address():
    assert reverse("parley:budget_list") == "/budgets/"


def test_says_what_budgets_are_for(admin_client):
    assert "There are no budgets: nobody is limited." in admin_client.get("/budgets/").text


def test_shows_what_is_spent_and_warns_at_eighty_percent(admin_client, owner, stranger):
    Budget.objects.create(limit=20)
    Budget.objects.create(limit=100, unit="tokens", each=True, hard=False)
    page = admin_client.get("/budgets/").text
    assert "<bdi>everyone, per month</bdi>" in page
    assert "Not covered: money where nobody knows a price" in page
    assert "Spent: 0.00\xa0USD of 20.00\xa0USD. Left until " in page
    assert "More than 80 %" not in page
    for person, spent in ((stranger, 20), (owner, 79)):
        spending.standing(person)[1].save()
        row = spending.standing(person)[1]
        row.spent = spent
        row.save()
    page = admin_client.get("/budgets/").text
    assert "Spent: 79 tokens of 100 tokens." in page
    assert "Most was spent by: <bdi>owner</bdi>" in page
    assert "It only warns." in page
    assert "More than 80 %" not in page
    row.spent = 80
    row.save()
    assert "More than 80 % are spent." in admin_client.get("/budgets/").text
    row.spent = 100
    row.save()
    assert "It is used up." in admin_client.get("/budgets/").text
