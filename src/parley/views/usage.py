"""Usage: what a person, and for administrators everybody, has asked and what it cost; as pages and as CSV."""

import csv
import re
from dataclasses import replace
from io import TextIOWrapper
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from parley import files
from parley.conf import conf
from parley.days import today
from parley.errors import sentence
from parley.models import Call
from parley.models.totals import (
    BY_MODEL,
    BY_OWNER,
    Line,
    Month,
    by_day_and_model,
    by_group,
    failures,
    folded,
    largest,
    name_people,
    of_everybody,
    total,
)
from parley.text import clean_count

from .base import page, private, require
from .downloads import download

MAX_ROWS, MAX_FAILURES = 100_000, 20
COLUMNS = (
    *("started_at", "first_token_ms", "ended_at", "purpose", "connection", "provider", "model", "attempt", "number"),
    *("outcome", "error", "prompt_tokens", "cached_tokens", "cache_write_tokens", "completion_tokens"),
    *("reasoning_tokens", "estimated", "cost", "provider_cost"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would compute a cell that begins so."""
AFTER_SEPARATOR = re.compile(r"([;\t\r\n][\s'\"]*)(?=[=+@-])")
"""Where lists are written with semicolons, as in German, a spreadsheet takes what follows one for another cell."""
HEIGHT, STEP = 100, 10


@private
@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """Show what this person has asked in a month, by day and by model."""
    month = Month.named(request.GET.get("month"))
    lines = by_day_and_model(_calls(month).filter(owner_id=request.user.pk))
    return _page(request, "usage", month, lines)


@private
@require_safe
def usage_all(request: HttpRequest) -> HttpResponse:
    """Show what everybody has asked in a month, by day, person, group and model, and what failed."""
    require(request, "parley.view_call")
    month = Month.named(request.GET.get("month"))
    lines, owners = of_everybody(month)
    of_people = folded(owners, *BY_OWNER)
    people = largest(of_people)
    name_people(people[0])
    shown = {"people": people, "groups": largest(by_group(of_people)), "failures": _failures(month)}
    return _page(request, "usage_all", month, lines, everybody=True, **shown)


@private
@require_GET
def usage_calls(request: HttpRequest) -> HttpResponse:
    """Send the calls of a month as CSV: this person's, or with ``all`` everybody's; of many, the ``part`` it names."""
    month, everybody = Month.named(request.GET.get("month")), "all" in request.GET
    calls = _calls(month).order_by("pk")
    if everybody:
        require(request, "parley.view_call")
    else:
        calls = calls.filter(owner_id=request.user.pk)
    parts = _parts(calls.count())
    part = min(max(clean_count(request.GET.get("part")) or 1, 1), len(parts))
    words = _(" part %(part)s of %(parts)s") % {"part": part, "parts": len(parts)} if len(parts) > 1 else ""
    file = _written(calls, everybody, part)
    return download(file, f"Parley {month}{words}.csv", "text/csv; charset=utf-8")


def _parts(count: int) -> range:
    """Return the numbers of the files that so many calls take."""
    return range(1, max(-(-count // MAX_ROWS), 1) + 1)


def _failures(month: Month) -> list[Line]:
    """Return the most frequent failures of a month, each with its sentence."""
    found = failures(_calls(month), MAX_FAILURES)
    for line in found:
        provider = replace(conf.provider, name=line["name"], slug=line["connection"])
        line["sentence"] = sentence(line["error"], model=line["model"], provider=provider)
    return found


def _calls(month: Month) -> QuerySet[Call]:
    return Call.objects.filter(day__range=(month.first, month.last))


def _page(request: HttpRequest, name: str, month: Month, lines: list[Line], **shown: Any) -> HttpResponse:
    """Show the sums of a month, and of today in it, by day and by model. ``lines``: by all of these."""
    days = sorted(folded(lines, "day"), key=lambda line: line["day"])
    whole, now = total(days), total(line for line in days if line["day"] == today())
    by = "cost" if whole["spent"] else "tokens"
    facts: dict[str, Any] = {
        "month": month,
        "days": days,
        "models": largest(folded(lines, *BY_MODEL)),
        "total": whole,
        "today": now,
    }
    return page(request, name, **facts, by=by, bars=_bars(month, days, by), parts=_parts(whole["calls"]), **shown)


def _bars(month: Month, days: list[Line], by: str) -> list[dict[str, Any]]:
    """Return a bar for each day of a month, in whole units of the picture, whose height is ``HEIGHT``."""
    used = {line["day"]: line["spent"] if by == "cost" else line["sent"] + line["written"] for line in days}
    most = max(used.values(), default=0) or 1
    heights = [(day, round(HEIGHT * used.get(day, 0) / most)) for day in month.days]
    return [
        {"day": day, "x": STEP * place, "y": HEIGHT - height, "height": height, "used": used.get(day, 0)}
        for place, (day, height) in enumerate(heights)
    ]


def _written(calls: QuerySet[Call], everybody: bool, part: int) -> Any:
    """Return a temporary file with the calls of a part, at most ``MAX_ROWS``, as lines of CSV."""
    named = calls.annotate(person=Coalesce(f"owner__{get_user_model().USERNAME_FIELD}", "owner_name"))
    columns = ("person", *COLUMNS) if everybody else COLUMNS
    file, first = files.scratch(), MAX_ROWS * (part - 1)
    text = TextIOWrapper(file, "utf-8", newline="", write_through=True)
    rows = csv.writer(text)
    rows.writerow(columns)
    rows.writerows(map(cell, row) for row in named.values_list(*columns)[first : first + MAX_ROWS].iterator())
    text.detach().seek(0)
    return file


def cell(value: Any) -> Any:
    """Return a value as a cell of a table that computes nothing.

    >>> cell("=1+1"), cell("gpt-5"), cell(None)
    ("'=1+1", 'gpt-5', None)
    """
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    value = AFTER_SEPARATOR.sub(r"\1'", value)
    return f"'{value}" if value.startswith(FORMULA) else value
