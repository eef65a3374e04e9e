"""Tells which workers are dead: those whose heartbeat does not change. Pure.

A heartbeat is compared only with its own earlier value, and how long ago that was is measured by this process's own
clock. So no clocks need to agree: not this one, the worker's nor the database's; and each may be moved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parley.conf import conf

Heartbeats = dict[UUID | None, datetime | None]
"""Worker → its heartbeat, None where it has no row because it has ended."""


@dataclass(slots=True)
class _Silence:
    heartbeat: datetime | None
    since: float
    challenged_at: float | None = None


class Liveness:
    """What this process has seen of heartbeats, and when. ``clock()``: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._silences: dict[UUID | None, _Silence] = {}

    def forget(self) -> None:
        """Start afresh: this process or the database was away, and the workers may have been as well."""
        self._silences.clear()

    def look(self, heartbeats: Heartbeats) -> None:
        """Note the present heartbeats; forget the workers that are not among them."""
        now, before = self._clock(), self._silences
        self._silences = {
            worker: before[worker]
            if worker in before and before[worker].heartbeat == heartbeat
            else _Silence(heartbeat, now)
            for worker, heartbeat in heartbeats.items()
        }

    def suspects(self) -> Heartbeats:
        """Return long silent workers to challenge, early enough that they have two beats' time to answer."""
        after = conf.DEAD_AFTER - 2 * conf.HEARTBEAT_INTERVAL
        return {
            worker: silence.heartbeat
            for worker, silence in self._silences.items()
            if silence.heartbeat is not None and silence.challenged_at is None and self._is_past(silence.since, after)
        }

    def challenged(self, worker: UUID | None) -> None:
        """Note that a worker's row could be written just now."""
        self._silences[worker].challenged_at = self._clock()

    def dead(self) -> Heartbeats:
        """Return workers that were silent for DEAD_AFTER and did not answer; without a row, after two beats."""
        return {worker: silence.heartbeat for worker, silence in self._silences.items() if self._is_dead(silence)}

    def _is_dead(self, silence: _Silence) -> bool:
        answer = 2 * conf.HEARTBEAT_INTERVAL
        if silence.heartbeat is None:
            return self._is_past(silence.since, answer)
        asked_at = silence.challenged_at
        return (
            asked_at is not None and self._is_past(asked_at, answer) and self._is_past(silence.since, conf.DEAD_AFTER)
        )

    def _is_past(self, moment: float, seconds: float) -> bool:
        return self._clock() - moment >= seconds
