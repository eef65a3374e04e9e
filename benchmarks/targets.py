"""The targets of the product, as ratios to the bound of the same run where the machine matters."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.idle import Idle
from benchmarks.measure import Result, percentile
from benchmarks.scenarios import LONG, SHORT

FIRST_TEXT = {1: (50, 0.15), 20: (50, 0.18), 100: (95, 1.5), 300: (95, 4.5), 500: (95, 7.5)}
"""People who ask at once → (percentile, seconds); 15 ms for each of many."""
CPU = {20: 1.2, 100: 1.2, 300: 1.5}
"""People who ask at once for long answers → times the bound."""
BESIDE_SQLITE = 1.3
IDLE = {0: 8, 50: 20}
"""Tabs → CPU-milliseconds a second."""


@dataclass(frozen=True)
class Verdict:
    words: str
    value: str
    met: bool


def verdicts(product: Result, bound: Result | None) -> Iterator[Verdict]:
    """Yield the targets of this scenario, which has a bound where each person asks once."""
    scenario = product.scenario
    if bound:
        yield from _speed(product, bound)
    if bound and scenario.people in CPU and scenario.tokens >= 200:
        yield _ratio("CPU of the bound's", product.cpu_total / bound.cpu_total, CPU[scenario.people])
    if scenario.people in (20, 100) and scenario.tokens == 50:
        yield _question(product)


def _speed(product: Result, bound: Result) -> Iterator[Verdict]:
    people = product.scenario.people
    if people <= 20:
        yield _below("added latency p50", percentile(product.latencies, 50), 0.12)
    if people == 20:
        yield _below("added latency p95", percentile(product.latencies, 95), 0.3)
    if people in (100, 300):
        yield _below("added latency p95", percentile(product.latencies, 95), 3 * percentile(bound.latencies, 95) + 0.2)
    if people in FIRST_TEXT:
        percent, limit = FIRST_TEXT[people]
        yield _below(f"first text p{percent}", percentile(product.first, percent), limit)


def _question(product: Result) -> Verdict:
    used = product.cpu_per_question["web"] + product.cpu_per_question["worker"]
    return Verdict("web and worker ≤ 15 CPU-ms a question", f"{used:.1f}", used <= 15)


def over_all(results: list[Result]) -> Iterator[tuple[str, Verdict]]:
    """Yield (subject, target) of all scenarios together."""
    for name in dict.fromkeys(result.subject for result in results):
        own = [result for result in results if result.subject == name]
        compared = _compared({result.scenario.name: result for result in own})
        yield from ((name, verdict) for verdict in (*_everywhere(own), *compared))
    yield from (("PostgreSQL", verdict) for verdict in _beside_sqlite(results))


def _everywhere(results: list[Result]) -> Iterator[Verdict]:
    """Yield the targets of every scenario, with the worst of them."""
    exact, told = min(result.exact for result in results), max(result.told for result in results)
    yield Verdict("every answer exact", f"{exact:.1%}", exact == 1)
    yield Verdict("no question told again to who asked", f"{told:.2f}", told == 0)
    requests = max((result.requests for result in results if result.scenario.asks == 1), default=1)
    yield Verdict("one request a question", f"{requests:.2f}", requests == 1)
    fitting = [result for result in results if result.scenario.before < LONG.before]
    size = max((result.bytes_per_character for result in fitting), default=0)
    yield Verdict("≤ 5 bytes a character, where all messages fit the context window", f"{size:.2f}", size <= 5)
    writes = max(result.writes["commits"] - result.scenario.seconds for result in results)
    yield Verdict("database writes a question ≤ 4, and one for each second", f"{writes:.1f}", writes <= 4)


def _compared(of: dict[str, Result]) -> Iterator[Verdict]:
    if {SHORT.name, LONG.name} <= of.keys():
        long, short = (of[scenario.name].cpu_per_question for scenario in (LONG, SHORT))
        words = "CPU of a question after 2,000 messages"
        yield _ratio(f"{words}, worker, of one after 20", long["worker"] / short["worker"], 1.3)
        yield _ratio(f"{words}, all, of one after 20", sum(long.values()) / sum(short.values()), 1.3)
    if {"100x400@50", "500x200@5"} <= of.keys():
        few, many = of["100x400@50"], of["500x200@5"]
        further = (many.memory * 500 - few.memory * 100) / 400
        words = "worker memory ≤ 0.3 MB a further answer, 100 to 500"
        yield Verdict(words, f"{further / 1e6:.2f} MB", further <= 0.3e6)
    if {"1x400@200", "1x4000@200"} <= of.keys():
        ratio = of["1x4000@200"].bytes_per_character / of["1x400@200"].bytes_per_character
        yield _ratio("bytes a character at 200/s, 4,000 tokens, of 400", ratio, 1.2)


def _beside_sqlite(results: list[Result]) -> Iterator[Verdict]:
    sqlite = {result.scenario: result for result in results if result.subject == "SQLite"}
    for result in results:
        people = result.scenario.people
        if result.subject == "PostgreSQL" and result.scenario in sqlite and people in FIRST_TEXT:
            percent, _ = FIRST_TEXT[people]
            theirs, ours = (percentile(one.first, percent) for one in (result, sqlite[result.scenario]))
            yield _ratio(f"{result.scenario.title}: first text p{percent} of SQLite's", theirs / ours, BESIDE_SQLITE)


def of_idle(idle: Idle) -> Verdict:
    """Return the target of a product that nobody asks anything."""
    used = sum(idle.cpu.values())
    return Verdict(f"≤ {IDLE[idle.tabs]} CPU-ms a second", f"{used:.1f}", used <= IDLE[idle.tabs])


def _below(words: str, seconds: float, limit: float) -> Verdict:
    return Verdict(f"{words} ≤ {1000 * limit:,.0f} ms", f"{1000 * seconds:,.0f} ms", seconds <= limit)


def _ratio(words: str, ratio: float, limit: float) -> Verdict:
    return Verdict(f"{words} ≤ {limit} ×", f"{ratio:.2f} ×", ratio <= limit)
