"""Which workers are dead: those whose heartbeat does not change. Pure.

What a heartbeat says is compared with nothing but what it said before, and how long that is ago is measured by this process's
own clock. So it does not matter what a clock shows, here, at the worker's, or at the database's, nor that it is moved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parley.conf import conf

Beats = dict[UUID | None, datetime | None]
"""Worker → its heartbeat, or None where it has no row: it said goodbye."""


@dataclass(slots=True)
class _Silence:
    beat: datetime | None
    since: float
    challenged_at: float | None = None


class Liveness:
    """What this process has seen of heartbeats, and when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._silences: dict[UUID | None, _Silence] = {}

    def forget(self) -> None:
        """Begin anew: this process, or the database, was away, and so may the workers have been."""
        self._silences.clear()

    def look(self, beats: Beats) -> None:
        """Note what the heartbeats are now; of workers that are left out nothing is known any more."""
        now, before = self._clock(), self._silences
        self._silences = {
            worker: before[worker] if worker in before and before[worker].beat == beat else _Silence(beat, now)
            for worker, beat in beats.items()
        }

    def suspects(self) -> Beats:
        """Those that were silent for long and are to be challenged, so that they have two beats' time to answer."""
        after = conf.DEAD_AFTER - 2 * conf.BEAT_INTERVAL
        return {
            worker: silence.beat
            for worker, silence in self._silences.items()
            if silence.beat is not None and silence.challenged_at is None and self._is_past(silence.since, after)
        }

    def challenged(self, worker: UUID | None) -> None:
        """Its row could be written just now."""
        self._silences[worker].challenged_at = self._clock()

    def dead(self) -> Beats:
        """Those that were silent for DEAD_AFTER and did not answer; who has no row is dead after two beats."""
        return {worker: silence.beat for worker, silence in self._silences.items() if self._is_dead(silence)}

    def _is_dead(self, silence: _Silence) -> bool:
        answer = 2 * conf.BEAT_INTERVAL
        if silence.beat is None:
            return self._is_past(silence.since, answer)
        asked_at = silence.challenged_at
        return (
            asked_at is not None and self._is_past(asked_at, answer) and self._is_past(silence.since, conf.DEAD_AFTER)
        )

    def _is_past(self, moment: float, seconds: float) -> bool:
        return self._clock() - moment >= seconds
