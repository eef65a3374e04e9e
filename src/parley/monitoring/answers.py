"""The answers to a balancer and to Prometheus, for views and for servers that answer before Django."""

from typing import NamedTuple
from urllib.parse import parse_qs

import orjson
from django.utils.crypto import constant_time_compare

from parley.conf import conf

from . import scrape
from .health import health, readiness


class Answer(NamedTuple):
    """A status code, a type of content, and the body."""

    status: int
    type: str
    body: bytes


PLAIN, JSON = "text/plain; charset=utf-8", "application/json"


def ready(query: str) -> Answer:
    """Answer /readyz, within two seconds."""
    with_workers = parse_qs(query).get("workers", [""])[-1] == "1"
    status, parts = readiness(health(), with_workers=with_workers)
    return Answer(status, JSON, orjson.dumps(parts))


def metrics(authorization: str) -> Answer:
    """Answer /metrics: 404 where no token is set, 401 for another one."""
    if not conf.METRICS_TOKEN:
        return Answer(404, PLAIN, b"Metrics are off: set METRICS_TOKEN.\n")
    if not constant_time_compare(authorization, f"Bearer {conf.METRICS_TOKEN}"):
        return Answer(401, PLAIN, b"Send the token of the metrics: Authorization: Bearer ...\n")
    return Answer(200, scrape.CONTENT_TYPE, scrape.text().encode())
