import re
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from parley.days import today
from parley.models import totals
from parley.models.totals import MAX_LINES, Month
from tests.views.calls import called, many

pytestmark = pytest.mark.django_db
URL = "/usage/"
NOW = date(2026, 11, 28)


@pytest.fixture
def now(monkeypatch):
    """A day near the end of a month."""
    for module in (totals, "parley.views.usage", "tests.views.calls"):
        monkeypatch.setattr(f"{getattr(module, '__name__', module)}.today", lambda *_: NOW)


def rows(page, title):
    """The texts of the cells of a table, row by row."""
    table = page.partition(f'id="usage-{title}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in table.split("<tr>")[1:])
    return [[re.sub(r"<[^>]*>", " ", cell).replace("\xa0", " ").split() for cell in row] for row in cells]


def words(page, title):
    return [[" ".join(cell) for cell in row] for row in rows(page, title)]


def test_says_that_nothing_was_asked(at_owner, now):
    page = at_owner.get(URL).text
    assert "Nothing was asked this month." in page
    assert "<svg class" not in page
    assert "calls.csv" not in page


def test_shows_a_month_by_day_and_by_model(at_owner, owner, stranger, now):
    called(owner, cost="0.5", model="gpt-x")
    called(owner, cost="0.25", model="gpt-y", connection="gateway", provider="Gateway", prompt_tokens=2000)
    called(owner, cost="0.125", day=date(2026, 11, 1))
    called(owner, day=date(2026, 10, 31), model="of-october")
    called(stranger, model="of-others")
    page = at_owner.get(URL).text
    assert words(page, "days") == [
        ["11/01/2026", "0.13 USD", "1", "100", "10"],
        ["11/28/2026", "0.75 USD", "2", "2,100", "20"],
    ]
    assert words(page, "models") == [
        ["gpt-x api.example", "0.63 USD", "2", "200", "20"],
        ["gpt-y Gateway", "0.25 USD", "1", "2,000", "10"],
    ]
    text = re.sub(r"<[^>]*>", " ", page).replace("\xa0", " ")
    assert re.search(r"Today\s+0\.75 USD\s+2 requests\s+2,100 tokens sent, 20 written", text)
    assert re.search(r"This month\s+0\.88 USD\s+3 requests", text)
    assert "of-october" not in page
    assert "of-others" not in page
    before = at_owner.get(f"{URL}?month=2026-10").text
    assert "of-october" in before
    assert 'href="?month=2026-11"' in before
    assert "Today" not in before.partition('id="main"')[2]


def test_draws_each_day_without_a_style(at_owner, owner, now):
    called(owner, cost="0.5", day=date(2026, 11, 1))
    called(owner, cost="1")
    page = at_owner.get(URL).text
    assert len(re.findall(r"<rect", page)) == 28
    bars = re.findall(r'<rect x="(\d+)" y="(\d+)" width="8" height="(\d+)">', page)
    assert (bars[0], bars[1], bars[-1]) == (("0", "50", "50"), ("10", "100", "0"), ("270", "0", "100"))
    assert "style=" not in page.partition('id="main"')[2]


def test_counts_tokens_where_no_price_is_known_and_says_so(at_owner, owner, now):
    called(owner, day=date(2026, 11, 1), estimated=True)
    called(owner, completion_tokens=None, prompt_tokens=None, outcome="failed")
    page = at_owner.get(URL).text
    assert [row[1] for row in words(page, "days")] == ["no price", "0.00 USD"]
    assert "One request was of a model without a price" in page
    assert re.search(r"<strong>110 tokens</strong>\s*<span>no price</span>", page)
    assert "Tokens of each day" in page
    assert 'height="100"' in page
    called(owner, cost="0.0001234", estimated=True)
    assert words(at_owner.get(URL).text, "days")[1][1] == "about 0.00012 USD"


def test_sums_the_models_that_are_too_many(at_owner, owner, now):
    for number in range(MAX_LINES + 3):
        called(owner, model=f"model-{number:02}", cost=number)
    lines = words(at_owner.get(URL).text, "models")
    assert len(lines) == MAX_LINES + 1
    assert lines[0][0] == "model-52 api.example"
    assert lines[-1] == ["and 3 more", "3.00 USD", "3", "300", "30"]


@pytest.mark.parametrize("text", ["", "nonsense", "2026-13", "2027-01", "0001-01", "2026-11-01", "१२३४-०१", "9" * 5000])
def test_shows_this_month_where_none_is_named(at_owner, text, now):
    assert "November 2026" in at_owner.get(URL, {"month": text}).text


def test_knows_its_neighbours(now):
    month = Month.named("2025-12")
    assert (str(month), str(month.previous), str(month.next), month.last) == (
        *("2025-12", "2025-11", "2026-01"),
        date(2025, 12, 31),
    )
    assert len(month.days) == 31
    assert Month.named("2026-11").next is None
    assert len(Month.named("2026-11").days) == 28
    assert Month.named("2000-01").previous is None


def test_writes_amounts_so_that_small_ones_can_be_read():
    from parley.templatetags.parley import money, price, seconds

    amounts = ("0", "0.00000001", "0.0001234", "0.099", "0.1", "1234.5")
    assert [money(Decimal(amount)).split()[0] for amount in amounts] == [
        *("0.00", "0.00000001", "0.00012", "0.099", "0.10", "1,234.50")
    ]
    assert [price(Decimal(text)) for text in ("100.000000", "0.075000", "0")] == ["100", "0.075", "0"]
    assert seconds(1234.5).split() == ["1.2", "s"]


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("url", [URL, "/usage/all/"])
def test_shows_a_hundred_thousand_calls_in_200_milliseconds(client, url):
    people = [get_user_model().objects.create_user(f"person-{number}") for number in range(200)]
    owner = get_user_model().objects.create_superuser("owner")
    month = Month(today().replace(day=1))
    many([owner] if url == URL else [owner, *people], 100_000, month.days)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE parley_call")
    client.force_login(owner)
    assert client.get(url).status_code == 200
    times = []
    for _ in range(5):
        began = time.perf_counter()
        client.get(url)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.2, times


def test_costs_the_same_queries_for_much(at_owner, owner, django_assert_max_num_queries):
    for days in range(3):
        called(owner, day=today() - timedelta(days=days), model=f"model-{days}")
    with django_assert_max_num_queries(13):
        at_owner.get(URL)
