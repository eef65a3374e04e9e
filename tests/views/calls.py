"""Calls to providers, as tests of pages need them."""

import random
from datetime import datetime, time

from django.utils import timezone

from parley.days import today
from parley.models import Call

MODELS = ("gpt-x", "gpt-y", "claude-z", "local")


def call_of(owner, *, day=None, ms=None, **values):
    """A call of a day, today's if none is named; ``ms``: milliseconds to its first token."""
    day = day or today()
    at = timezone.make_aware(datetime.combine(day, time(12)), timezone.get_default_timezone())
    values = {"model": "gpt-x", "provider": "api.example", "outcome": "done", "completion_tokens": 10, **values}
    values |= {"started_at": at, "first_token_ms": ms}
    return Call(owner=owner, day=day, attempt=1, prompt_tokens=values.pop("prompt_tokens", 100), **values)


def called(owner, **values):
    call = call_of(owner, **values)
    call.save()
    return call


def many(owners, count, days):
    """So many calls of all these people and models, over these days, in the order of time."""
    dice = random.Random(1)
    calls = (
        call_of(
            owners[number % len(owners)], day=days[number * len(days) // count], ms=dice.randrange(2000),
            model=dice.choice(MODELS), cost="0.00123456", prompt_tokens=dice.randrange(4000),
        )
        for number in range(count)
    )  # fmt: skip
    Call.objects.bulk_create(calls, batch_size=1000)
