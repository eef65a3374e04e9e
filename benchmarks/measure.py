"""Measure one scenario with one subject."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from benchmarks.processes import cpu_seconds, memory
from benchmarks.scenarios import Scenario
from benchmarks.viewers import Asked, Viewer
from tests.fake_provider import RemoteProvider
from tests.fake_provider.requests import Received

PATIENCE = 60.0
"""Seconds that the last answer may take beyond the provider's own time."""
ARRIVING_AT_ONCE = 10
PAUSE = 1.0
"""Seconds between typing and sending."""
LOOK_EVERY = 2.0
"""Seconds between looks at the memory: each takes the kernel 2 ms for a process."""


@dataclass
class Result:
    """What was measured; times in seconds, memory in bytes, CPU in seconds by process, counts for each question."""

    subject: str
    scenario: Scenario
    latencies: list[float]
    first: list[float]
    exact: float
    bytes_per_character: float
    requests: float
    told: float
    cpu: dict[str, float]
    memory: float
    peak: float
    writes: dict[str, float]
    provider_late: float
    driver_busy: float
    errors: list[str] = field(default_factory=list)

    @property
    def cpu_per_1000(self) -> dict[str, float]:
        """CPU-milliseconds per 1,000 tokens, by process."""
        return {name: 1000 * used / self.scenario.tokens for name, used in self.cpu_per_question.items()}

    @property
    def cpu_per_question(self) -> dict[str, float]:
        """CPU-milliseconds per question, by process."""
        return {name: 1000 * seconds / self.scenario.questions for name, seconds in self.cpu.items()}

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
    """Let the people come, and ask all at once, as often as the scenario says."""
    viewers = subject.begin(scenario)
    async with AsyncExitStack() as stack:
        await arrive(viewers, stack)
        await subject.ready()
        provider.clear()
        meter, errors = await _ask_all(subject, viewers, scenario)
    subject.check(viewers)
    requests = {request.question: request for request in provider.completions}
    subject.end()
    return _result(subject.name, scenario, viewers, requests, meter, errors)


async def arrive(viewers: list[Viewer], stack: AsyncExitStack) -> None:
    for first in range(0, len(viewers), ARRIVING_AT_ONCE):
        arriving = viewers[first : first + ARRIVING_AT_ONCE]
        await asyncio.gather(*(stack.enter_async_context(viewer) for viewer in arriving))


async def _ask_all(subject: Any, viewers: list[Viewer], scenario: Scenario) -> tuple["Meter", list[str]]:
    """Measure from the first Send on."""
    errors, meter = [], None
    for turn in range(scenario.asks):
        questions = [(viewer, scenario.question(person, turn)) for person, viewer in enumerate(viewers)]
        errors += await _all((viewer.type(question) for viewer, question in questions), PATIENCE)
        await asyncio.sleep(PAUSE)
        meter = meter or Meter(subject, viewers)
        asking = (viewer.ask(question) for viewer, question in questions)
        errors += await _all(asking, scenario.seconds + PATIENCE)
    meter.stop()
    return meter, errors


async def _all(coroutines: Iterable[Coroutine[Any, Any, None]], seconds: float) -> list[str]:
    """Return what went wrong."""
    done, late = await asyncio.wait([asyncio.create_task(one) for one in coroutines], timeout=seconds)
    for task in late:
        task.cancel()
    return ["late"] * len(late) + [repr(error) for task in done if (error := task.exception())]


class Meter:
    """What the processes of a subject use from now on, and what its viewers send and receive."""

    def __init__(self, subject: Any, viewers: list[Viewer]) -> None:
        self.subject, self.processes = subject, subject.processes
        self.idle = self.highest = self._held()
        for viewer in viewers:
            viewer.bytes = viewer.requests = viewer.told = 0
        self.started, self.driver = time.monotonic(), time.process_time()
        self.cpu, self.writes = self._cpu(), subject.writes()
        self.watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._note(await asyncio.to_thread(self._held))

    def _note(self, held: dict[str, int]) -> None:
        self.highest = {name: max(size, self.highest[name]) for name, size in held.items()}

    def stop(self) -> None:
        self.watching.cancel()
        self.cpu = {name: seconds - self.cpu[name] for name, seconds in self._cpu().items()}
        self.writes = {name: count - self.writes[name] for name, count in self.subject.writes().items()}
        self.seconds = time.monotonic() - self.started
        self.driver_busy = (time.process_time() - self.driver) / self.seconds
        self._note(self._held())

    @property
    def peak(self) -> int:
        """Return the bytes of all processes, each at its highest."""
        return sum(self.highest.values())

    @property
    def grown(self) -> int:
        """Return the bytes by which the process grew that holds the running answers."""
        holder = "worker" if "worker" in self.processes else "relay"
        return self.highest[holder] - self.idle[holder]

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(process.pid) for name, process in self.processes.items()}

    def _held(self) -> dict[str, int]:
        return {name: memory(process.pid) for name, process in self.processes.items()}


def _result(
    name: str,
    scenario: Scenario,
    viewers: list[Viewer],
    requests: dict[str, Received],
    meter: Meter,
    errors: list[str],
) -> Result:
    every = [asked for viewer in viewers for asked in viewer.asked]
    pairs = [(asked, requests[asked.question]) for asked in every if asked.question in requests]
    count = scenario.questions
    return Result(
        subject=name,
        scenario=scenario,
        latencies=[late for pair in pairs for late in _latencies(scenario.rate, *pair)],
        first=[_first(*pair) for pair in pairs if pair[0].arrivals],
        exact=sum(asked.exact for asked in every) / count,
        bytes_per_character=sum(viewer.bytes for viewer in viewers) / count / len("".join(scenario.pieces)),
        requests=sum(viewer.requests for viewer in viewers) / count,
        told=sum(viewer.told for viewer in viewers) / count,
        cpu=meter.cpu,
        memory=meter.grown / count,
        peak=meter.peak,
        writes={name: number / count for name, number in meter.writes.items()},
        provider_late=max((request.latest for request in requests.values()), default=0.0),
        driver_busy=meter.driver_busy,
        errors=errors,
    )


def _latencies(rate: int, asked: Asked, request: Received) -> Iterator[float]:
    """From when the provider was due to send each token to when the viewer had it."""
    assert request.first_token is not None
    for index, arrived in enumerate(asked.arrivals):
        yield arrived - (request.first_token + index / rate)


def _first(asked: Asked, request: Received) -> float:
    """From Send to the first text, less what the provider took."""
    assert request.first_token is not None
    return asked.arrivals[0] - asked.at - (request.first_token - request.started)
