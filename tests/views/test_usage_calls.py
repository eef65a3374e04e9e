import csv
import re
from datetime import date
from io import StringIO

import pytest

from parley.views import usage
from parley.views.usage import cell
from tests.views.calls import called
from tests.views.conftest import forbids_keeping
from tests.views.test_usage import now

__all__ = ["now"]
pytestmark = pytest.mark.django_db
URL = "/usage/calls.csv"


def lines(client, **sent):
    response = client.get(URL, sent)
    assert response.status_code == 200
    return list(csv.DictReader(StringIO(b"".join(response.streaming_content).decode(), newline="")))


def test_has_the_calls_of_a_month_and_nobody_elses(at_owner, owner, stranger, now):
    call = called(owner, cost="0.00000001", provider_cost="0.5", ms=1500, cached_tokens=4)
    called(owner, day=date(2026, 10, 31), model="of-october")
    called(stranger)
    [line] = lines(at_owner)
    assert (line["started_at"], line["first_token_ms"]) == (call.started_at.isoformat(), "1500")
    assert (line["model"], line["prompt_tokens"], line["cached_tokens"], line["reasoning_tokens"]) == (
        *("gpt-x", "100", "4", ""),
    )
    assert [float(line[name]) for name in ("cost", "provider_cost")] == [1e-8, 0.5]
    assert "person" not in line
    assert [line["model"] for line in lines(at_owner, month="2026-10")] == ["of-october"]


def test_is_a_file_that_no_cache_keeps(at_owner, now):
    response = at_owner.get(URL)
    assert response.headers["Content-Disposition"] == 'attachment; filename="Parley 2026-11.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert forbids_keeping(response)
    response.close()


def test_has_everybody_for_who_may_see_calls(admin_client, at_owner, owner, stranger, now):
    assert at_owner.get(URL, {"all": ""}).status_code == 404
    called(owner)
    called(stranger)
    stranger.delete()
    assert {line["person"] for line in lines(admin_client, all="")} == {"owner", "stranger"}


@pytest.mark.parametrize("text", ["x;=cmd|' /C calc'!A0;", "x; =1+1", 'x;"@SUM(1)', "x\t-1"])
def test_has_no_formula_after_another_separator(text):
    assert re.search(r"[;\t][\s'\"]*'[=@-]", cell(text))


def test_leaves_what_computes_nothing():
    assert [cell(text) for text in ("gpt-5;mini", "a+b=c", "a;b")] == ["gpt-5;mini", "a+b=c", "a;b"]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_has_no_cell_that_a_spreadsheet_computes(admin_client, django_user_model, text, now):
    called(django_user_model.objects.create_user(text), model=text, provider=text)
    [line] = lines(admin_client, all="")
    assert {line[name][0] for name in ("person", "model", "provider")} == {"'"}


def test_comes_in_parts_that_say_so_where_there_are_many(at_owner, owner, monkeypatch, now):
    monkeypatch.setattr(usage, "MAX_ROWS", 2)
    called(owner, model="model-0")
    assert 'filename="Parley 2026-11.csv"' in at_owner.get(URL).headers["Content-Disposition"]
    for number in range(1, 5):
        called(owner, model=f"model-{number}")
    asked = ("", 1, "2", 3, 4, "-1", "many", "9" * 30)
    parts = [[line["model"] for line in lines(at_owner, part=part)] for part in asked]
    first, last = ["model-0", "model-1"], ["model-4"]
    assert parts == [first, first, ["model-2", "model-3"], last, last, first, first, first]
    named = at_owner.get(URL, {"part": 2}).headers["Content-Disposition"]
    assert 'filename="Parley 2026-11 part 2 of 3.csv"' in named
    page = at_owner.get("/usage/").text
    for part in (1, 2, 3):
        assert f"?month=2026-11&amp;part={part}" in page
        assert f"CSV, part {part} of 3" in page
