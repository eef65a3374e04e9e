"""Numbers that all processes add to one hash in Valkey, whichever machines they run on.

A process gathers what it counts for a moment and sends it in one round trip, from a thread of its own: no reply and no
request waits. What cannot be sent is kept and sent later; a process that is killed loses what it gathered last.
"""

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from redis import RedisError

from parley.ids import uuid7
from parley.outages import Outage
from parley.redis import connection, metrics_key

from .metrics import MAX_MODELS, OTHER, Field, model_of, of_others

logger = logging.getLogger(__name__)

GATHERED = 0.5
"""Seconds that a process gathers counts before it sends them."""
BEAT, STALE = 5.0, 20
"""Seconds between two reports of a gauge, and after which one counts no more, by Valkey's clock."""
MODELS, GAUGE = "models", "gauge"
"""Fields of the hash beside those of metrics: which models have series of their own, and each process's gauges."""

_away = Outage(logger, "Metrics cannot be sent (%s); they are kept.", "Metrics are sent again.")


class Counters:
    """What this process has counted and not sent yet; safe in threads."""

    def __init__(self) -> None:
        self._lock, self._counts = threading.Lock(), Counter[Field]()
        self._sockets, self._reported, self.process = 0, 0, str(uuid7())
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, *counts: Mapping[Field, int]) -> None:
        """Count; sent within a second."""
        with self._lock:
            for each in counts:
                self._counts.update(each)
        self._wake()

    def add_sockets(self, number: int) -> None:
        """Note that sockets were opened, or with a negative number closed."""
        with self._lock:
            self._sockets += number
        self._wake()

    def flush(self) -> bool:
        """Send what was counted; return whether Valkey took it. What it did not take is kept."""
        try:
            self._send_counts()
            self._report()
        except (RedisError, OSError) as error:
            _away.began(error)
            return False
        _away.ended()
        return True

    def _send_counts(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter[Field]()
        try:
            self._send(counts)
        except Exception:
            with self._lock:
                self._counts.update(counts)
            raise

    def _send(self, counts: Counter[Field]) -> None:
        if not counts:
            return
        named = sorted({model for field in counts if (model := model_of(field)) not in ("", OTHER)})
        new, others = _admitted(named)
        with connection().pipeline(transaction=True) as pipeline:
            for model in new:
                pipeline.hset(metrics_key(), _name(MODELS, model), 1)
                pipeline.hincrby(metrics_key(), _name(MODELS), 1)
            for field, amount in _folded(counts, others).items():
                pipeline.hincrby(metrics_key(), _name(*field), amount)
            pipeline.execute()

    def _report(self) -> None:
        """Write how many sockets this process has, with Valkey's time; nothing while it never had any."""
        if sockets := self._sockets:
            now = connection().time()[0]
            connection().hset(metrics_key(), _name(GAUGE, self.process), f"{sockets} {now}")
        elif self._reported:
            connection().hdel(metrics_key(), _name(GAUGE, self.process))
        self._reported = sockets

    def _wake(self) -> None:
        self._news.set()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parley-metrics", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            self._news.wait(BEAT if self._reported else None)
            self._news.clear()
            time.sleep(GATHERED)
            if not self._sent():
                time.sleep(BEAT)
                self._news.set()

    def _sent(self) -> bool:
        try:
            return self.flush()
        except Exception:
            logger.exception("Metrics could not be sent.")
            return False


def _admitted(named: list[str]) -> tuple[list[str], set[str]]:
    """Return (models that get series of their own now, models that get none)."""
    if not named:
        return [], set()
    number, *known = connection().hmget(metrics_key(), [_name(MODELS), *(_name(MODELS, model) for model in named)])
    unknown = [model for model, is_known in zip(named, known, strict=True) if not is_known]
    room = max(0, MAX_MODELS - int(number or 0))
    return unknown[:room], set(unknown[room:])


def _folded(counts: Counter[Field], others: set[str]) -> Counter[Field]:
    folded = Counter[Field]()
    for field, amount in counts.items():
        folded[of_others(field) if model_of(field) in others else field] += amount
    return folded


def _name(*parts: str) -> bytes:
    return orjson.dumps(parts)


def totals() -> tuple[dict[Field, int], int]:
    """Return (what all processes have counted, the sockets of all that live). Raises RedisError and OSError."""
    with connection().pipeline(transaction=False) as pipeline:
        pipeline.hgetall(metrics_key())
        pipeline.time()
        fields, (now, _) = pipeline.execute()
    read: dict[Any, bytes] = {tuple(orjson.loads(name)): value for name, value in fields.items()}
    stale = [field for field, value in read.items() if field[0] == GAUGE and now - int(value.split()[1]) > STALE]
    if stale:
        connection().hdel(metrics_key(), *(_name(*field) for field in stale))
    sockets = sum(int(value.split()[0]) for field, value in read.items() if field[0] == GAUGE and field not in stale)
    return {field: int(value) for field, value in read.items() if field[0] not in (GAUGE, MODELS)}, sockets


counters = Counters()
