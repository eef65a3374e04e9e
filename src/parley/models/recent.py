"""What recent calls tell of models: what they cost where no price is known, and how long they think."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Avg, F, Q, Sum
from django.db.models.functions import Coalesce

from .call import Call
from .price import Asked

MAX_CALLS, DEAREST = 1_000, Decimal(100_000)
"""Calls of this site that are looked at; what 1,000,000 tokens cost at most."""
OF_OUTPUT = 5
"""Times that a written token costs what a read one does: at most vendors about as many."""
MILLION = 1_000_000


class Told(NamedTuple):
    """Prices of 1,000,000 tokens, as a provider tells them."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


class Recent(NamedTuple):
    """``rates``: from what the provider has said that calls cost, None where it has not; ``reasoning``: tokens."""

    rates: Told | None
    reasoning: int


def recent() -> dict[Asked, Recent]:
    """Return what the last calls tell of the models that they asked; one query."""
    newest = Call.objects.order_by("-pk").values("pk")[:MAX_CALLS]
    said = Q(provider_cost__gte=0, prompt_tokens__gte=0, completion_tokens__gte=0)
    weight = F("prompt_tokens") + OF_OUTPUT * F("completion_tokens")
    told = Call.objects.filter(pk__in=newest).order_by().values("connection", "model").annotate(
        said=Sum("provider_cost", filter=said), weight=Sum(weight, filter=said),
        reasoning=Avg(Coalesce("reasoning_tokens", 0), filter=Q(estimated=False, completion_tokens__gt=0)),
    )  # fmt: skip
    return {(each["connection"], each["model"]): _of(each) for each in told}


def _of(told: Mapping[str, Any]) -> Recent:
    reasoning = round(told["reasoning"] or 0)
    if not told["weight"]:
        return Recent(None, reasoning)
    each = min(MILLION * Decimal(told["said"]) / told["weight"], DEAREST)
    return Recent(Told(each, OF_OUTPUT * each), reasoning)
