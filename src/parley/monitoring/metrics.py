"""The one list of the metrics: names, labels, buckets. Pure."""

from dataclasses import dataclass
from typing import Literal

MODEL, OTHER = "model", "other"
MAX_MODELS = 12
"""Models with series of their own; what is counted of others has the label OTHER."""
SCALE_OF_COST = 10**8
"""A cost is counted in whole numbers of its last decimal."""

Field = tuple[str, ...]
"""What a field of the hash counts: the name of a metric, the values of its labels, of a histogram also the bucket."""


@dataclass(frozen=True)
class Metric:
    """A metric as Prometheus knows it, without the prefix ``parley_``.

    ``buckets``: upper bounds in seconds, which make it a histogram; ``scale``: stored units for one.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    scale: int = 1


COUNTED = (
    Metric("replies_total", "counter", "Replies that settled, by how they ended.", ("status", "error")),
    Metric(
        "first_text_seconds",
        "histogram",
        "From a request to the first text or reasoning of its answer.",
        (MODEL,),
        (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 30, 60),
        1000,
    ),
    Metric(
        "reply_seconds",
        "histogram",
        "From the claim of a reply by a worker to its end.",
        (),
        (1, 2, 5, 10, 20, 60, 120, 300, 900, 3600),
        1000,
    ),
    Metric("tokens_total", "counter", "Tokens of all requests to providers.", ("direction", MODEL)),
    Metric("cost_total", "counter", "Cost of all requests, in the site's currency.", (MODEL,), scale=SCALE_OF_COST),
    Metric("provider_errors_total", "counter", "Requests to providers that failed, by why.", ("code",)),
)
"""Counted in Valkey by all processes together."""
READ = (
    Metric("replies", "gauge", "Replies that wait or are written.", ("state",)),
    Metric("oldest_pending_seconds", "gauge", "Age of the oldest reply that waits, 0 where none does."),
    Metric("workers", "gauge", "Worker processes whose heartbeat is fresh."),
    Metric("transfers", "gauge", "Exports and imports that wait or run.", ("state",)),
)
"""Read from the database at each scrape."""
SOCKETS = Metric("sockets", "gauge", "Open tabs that are told of changes, in all web servers.")
VALKEY_UP = Metric("valkey_up", "gauge", "Whether Valkey answered this scrape.")
DATABASE_UP = Metric("database_up", "gauge", "Whether the database answered this scrape.")
BUILD_INFO = Metric("build_info", "gauge", "Always 1; the label is the version.", ("version",))
ALL = (*COUNTED, *READ, SOCKETS, VALKEY_UP, DATABASE_UP, BUILD_INFO)


def counted(metric: str, *labels: str, amount: float = 1) -> dict[Field, int]:
    """Return what to add for a counter.

    >>> counted("provider_errors_total", "timeout")
    {('provider_errors_total', 'timeout'): 1}
    """
    return {(metric, *labels): round(amount * _named(metric).scale)}


def observed(metric: str, seconds: float, *labels: str) -> dict[Field, int]:
    """Return what to add for a value of a histogram: one to its bucket, and the value to the sum.

    >>> observed("reply_seconds", 1.5)
    {('reply_seconds', '2'): 1, ('reply_seconds', 'sum'): 1500}
    """
    bounds = _named(metric).buckets
    bucket = next((f"{bound:g}" for bound in bounds if seconds <= bound), "+Inf")
    return {(metric, *labels, bucket): 1, (metric, *labels, "sum"): round(seconds * _named(metric).scale)}


def model_of(field: Field) -> str:
    """Return the model that a field is about, "" where it is about none.

    >>> model_of(("tokens_total", "prompt", "gpt-5")), model_of(("reply_seconds", "2"))
    ('gpt-5', '')
    """
    labels = _named(field[0]).labels
    return field[1 + labels.index(MODEL)] if MODEL in labels else ""


def of_others(field: Field) -> Field:
    """Return the field for the models that have no series of their own.

    >>> of_others(("tokens_total", "prompt", "gpt-5"))
    ('tokens_total', 'prompt', 'other')
    """
    place = 1 + _named(field[0]).labels.index(MODEL)
    return (*field[:place], OTHER, *field[place + 1 :])


def _named(name: str) -> Metric:
    return _BY_NAME[name]


_BY_NAME = {metric.name: metric for metric in COUNTED}
