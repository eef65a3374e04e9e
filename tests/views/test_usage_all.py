from datetime import date
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError
from django.db.models import Value
from django.db.models.functions import Replace

from parley.conf import conf
from parley.errors import sentence
from parley.models import Call, UsageDay
from tests.views.calls import called
from tests.views.test_usage import now, words

__all__ = ["now"]
pytestmark = pytest.mark.django_db
URL = "/usage/all/"


def test_is_for_who_may_see_calls(at_owner, owner):
    owner.is_staff = True
    owner.save()
    assert at_owner.get(URL).status_code == 404
    assert URL not in at_owner.get("/usage/").text
    kind = ContentType.objects.get_for_model(Call)
    permission = Permission.objects.create(codename="view_call", name="Can view call", content_type=kind)
    owner.user_permissions.add(permission)
    assert at_owner.get(URL).status_code == 200
    assert f'href="{URL}"' in at_owner.get("/usage/").text


def test_shows_everybody_and_who_was_deleted(admin_client, owner, stranger, now):
    called(owner, cost="0.5", ms=1000)
    called(owner, cost="0.5", ms=3000, estimated=True)
    called(owner, outcome="interrupted", error="worker_gone", completion_tokens=None, prompt_tokens=None)
    called(stranger, cost="0.25", model="gpt-y", outcome="failed", error="cut")
    stranger.delete()
    page = admin_client.get(URL).text
    assert words(page, "people") == [
        ["owner", "about 1.00 USD", "3", "200", "20"],
        ["stranger deleted", "0.25 USD", "1", "100", "10"],
    ]
    assert words(page, "models") == [
        ["gpt-x api.example", "about 1.00 USD", "3", "200", "20", "1", "2.0 s", "3.0 s"],
        ["gpt-y api.example", "0.25 USD", "1", "100", "10", "1", "", ""],
    ]
    assert sorted(words(page, "failures")) == [
        ["gpt-x api.example", f"{sentence('worker_gone', model='gpt-x', provider=conf.provider)} worker_gone", "1"],
        ["gpt-y api.example", f"{sentence('cut', model='gpt-y', provider=conf.provider)} cut", "1"],
    ]
    assert "calls.csv?month=2026-11&amp;part=1&amp;all" in page


def test_shows_groups_with_those_who_were_deleted(admin_client, owner, stranger, now):
    sales, ships, _empty = (Group.objects.create(name=name) for name in ("Sales", "Ships", "Empty"))
    owner.groups.add(sales)
    stranger.groups.add(sales, ships)
    for day in (26, 28):
        called(owner, day=date(2026, 11, day), cost="0.5")
        called(stranger, day=date(2026, 11, day), cost="0.25")
    called(None, owner_name="long gone", cost="9")
    shown = [["Sales", "1.50 USD", "4", "400", "40"], ["Ships", "0.50 USD", "2", "200", "20"]]
    assert words(admin_client.get(URL).text, "groups") == shown
    stranger.delete()
    for _ in range(2):
        assert words(admin_client.get(URL).text, "groups") == shown
    owner.groups.clear()
    assert words(admin_client.get(URL).text, "groups") == [
        ["Sales", "0.50 USD", "2", "200", "20"],
        ["Ships", "0.50 USD", "2", "200", "20"],
    ]
    UsageDay.objects.update(sums=Replace("sums", Value("owner_groups"), Value("of_an_earlier_version")))
    assert words(admin_client.get(URL).text, "groups")[0][2] == "1"


def test_reads_groups_with_a_query_each_for_groups_and_members(admin_client, owner, now, django_assert_max_num_queries):
    for number in range(5):
        owner.groups.add(Group.objects.create(name=f"group {number}"))
    called(owner)
    admin_client.get(URL)
    with django_assert_max_num_queries(19) as queries:
        admin_client.get(URL)
    assert sum('FROM "auth_group"' in query["sql"] for query in queries.captured_queries) == 1


def test_keeps_the_sums_of_old_days(admin_client, owner, stranger, now):
    for day in (26, 27, 28):
        called(owner, day=date(2026, 11, day), cost="0.5", ms=1000, error="cut" if day == 26 else "")
    called(stranger, day=date(2026, 11, 26), cost="0.25")
    before = admin_client.get(URL).text
    assert [str(kept) for kept in UsageDay.objects.all()] == ["2026-11-26"]
    Call.objects.filter(day=date(2026, 11, 26)).update(cost=100)
    for title in ("days", "people", "models", "failures"):
        assert words(admin_client.get(URL).text, title) == words(before, title) != []
    called(owner, cost="1")
    assert words(admin_client.get(URL).text, "people")[0][1] == "2.50 USD"
    stranger.delete()
    assert words(admin_client.get(URL).text, "people")[1] == ["stranger deleted", "100.00 USD", "1", "100", "10"]


def test_does_not_believe_what_was_kept_while_the_clock_was_ahead(admin_client, owner, now, monkeypatch):
    called(owner, cost="0.5")
    with monkeypatch.context() as ahead:
        ahead.setattr("parley.models.totals.today", lambda *_: date(2026, 12, 5))
        admin_client.get(URL, {"month": "2026-11"})
    assert UsageDay.objects.count() == 1
    called(owner, cost="1")
    assert words(admin_client.get(URL).text, "people")[0][1] == "1.50 USD"
    assert not UsageDay.objects.exists()


def test_shows_them_where_nothing_can_be_kept(admin_client, owner, now, monkeypatch):
    called(owner, day=date(2026, 11, 1), cost="0.5")
    monkeypatch.setattr(UsageDay.objects, "bulk_create", Mock(side_effect=DatabaseError))
    assert words(admin_client.get(URL).text, "people") == [["owner", "0.50 USD", "1", "100", "10"]]
    assert not UsageDay.objects.exists()


def test_sums_people_that_are_too_many(admin_client, django_user_model, now):
    for number in range(53):
        called(django_user_model.objects.create_user(f"person-{number}"), cost=number)
    lines = words(admin_client.get(URL).text, "people")
    assert len(lines) == 51
    assert lines[-1] == ["and 3 more", "3.00 USD", "3", "300", "30"]


def test_says_that_nothing_failed(admin_client, owner, now):
    assert "Nothing was asked this month." in admin_client.get(URL).text
    called(owner)
    assert "No request failed this month." in admin_client.get(URL).text
