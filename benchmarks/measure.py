"""Measure one scenario with one subject."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from benchmarks.processes import cpu_seconds, memory
from benchmarks.scenarios import Scenario
from benchmarks.viewers import Viewer
from tests.fake_provider import RemoteProvider
from tests.fake_provider.requests import Received
from tests.support.processes import Process

PATIENCE = 60.0
"""Seconds that the last answer may take beyond the provider's own time."""
ARRIVING_AT_ONCE = 10


@dataclass
class Result:
    """What was measured; times in seconds, memory in bytes, CPU in seconds by process."""

    scenario: Scenario
    latencies: list[float]
    first: list[float]
    exact: float
    bytes_per_character: float
    cpu: dict[str, float]
    memory: float
    writes: dict[str, float]
    provider_late: float
    driver_busy: float
    errors: list[str] = field(default_factory=list)

    @property
    def cpu_per_1000(self) -> dict[str, float]:
        """CPU-milliseconds per 1,000 tokens, by process."""
        return {
            name: 1e6 * seconds / (self.scenario.people * self.scenario.tokens) for name, seconds in self.cpu.items()
        }

    @property
    def cpu_total(self) -> float:
        return sum(self.cpu_per_1000.values())


def percentile(values: list[float], percent: int) -> float:
    """Return the value below which so many percent lie; infinite when there are no values.

    >>> percentile([1.0, 2.0, 3.0], 50)
    2.0
    """
    if len(values) < 2:
        return values[0] if values else float("inf")
    return quantiles(values, n=100, method="inclusive")[percent - 1]


async def measure(subject: Any, scenario: Scenario, provider: RemoteProvider) -> Result:
    """Let the people come, ask all their questions at once, and watch the answers."""
    viewers = subject.begin(scenario)
    async with AsyncExitStack() as stack:
        for first in range(0, len(viewers), ARRIVING_AT_ONCE):
            arriving = viewers[first : first + ARRIVING_AT_ONCE]
            await asyncio.gather(*(stack.enter_async_context(viewer) for viewer in arriving))
        await subject.ready()
        provider.clear()
        meter = Meter(subject)
        errors = await _ask_all(viewers, scenario.seconds + PATIENCE, meter)
        meter.stop()
    subject.check(viewers)
    return _result(scenario, viewers, {request.question: request for request in provider.completions}, meter, errors)


async def _ask_all(viewers: list[Viewer], seconds: float, meter: "Meter") -> list[str]:
    asking = [asyncio.create_task(viewer.ask()) for viewer in viewers]
    watching = asyncio.create_task(meter.watch())
    done, late = await asyncio.wait(asking, timeout=seconds)
    for task in (*late, watching):
        task.cancel()
    return ["late"] * len(late) + [repr(error) for task in done if (error := task.exception())]


class Meter:
    """What the processes of a subject use from now on."""

    def __init__(self, subject: Any) -> None:
        self.subject, self.processes = subject, subject.processes
        self.idle = self.peak = self._held()
        self.started, self.driver = time.monotonic(), time.process_time()
        self.cpu, self.writes = self._cpu(), subject.writes()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.peak = max(self.peak, self._held())

    def stop(self) -> None:
        self.cpu = {name: seconds - self.cpu[name] for name, seconds in self._cpu().items()}
        self.writes = {name: count - self.writes[name] for name, count in self.subject.writes().items()}
        self.driver_busy = (time.process_time() - self.driver) / (time.monotonic() - self.started)

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(process.pid) for name, process in self.processes.items()}

    def _held(self) -> int:
        """Return the memory, in bytes, of the process that holds the running answers."""
        holder: Process = self.processes.get("worker") or self.processes["relay"]
        return memory(holder.pid)


def _result(
    scenario: Scenario, viewers: list[Viewer], requests: dict[str, Received], meter: Meter, errors: list[str]
) -> Result:
    asked = [(viewer, requests[viewer.question]) for viewer in viewers if viewer.question in requests]
    count = scenario.people
    return Result(
        scenario=scenario,
        latencies=[late for pair in asked for late in _latencies(scenario.rate, *pair)],
        first=[_first(*pair) for pair in asked if pair[0].arrivals],
        exact=sum(viewer.exact for viewer in viewers) / count,
        bytes_per_character=sum(viewer.bytes for viewer in viewers) / count / len("".join(scenario.pieces)),
        cpu=meter.cpu,
        memory=(meter.peak - meter.idle) / count,
        writes={name: number / count for name, number in meter.writes.items()},
        provider_late=max((request.latest for request in requests.values()), default=0.0),
        driver_busy=meter.driver_busy,
        errors=errors,
    )


def _latencies(rate: int, viewer: Viewer, request: Received) -> Iterator[float]:
    """From when the provider was due to send each token to when the viewer had it."""
    assert request.first_token is not None
    for index, arrived in enumerate(viewer.arrivals):
        yield arrived - (request.first_token + index / rate)


def _first(viewer: Viewer, request: Received) -> float:
    """From Send to the first text, less what the provider took."""
    assert request.first_token is not None
    return viewer.arrivals[0] - viewer.asked_at - (request.first_token - request.started)
