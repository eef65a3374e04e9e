"""The targets of the product, as ratios to the bound of the same run where the machine matters."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.measure import Result, percentile


@dataclass(frozen=True)
class Verdict:
    words: str
    value: str
    met: bool


def verdicts(product: Result, bound: Result) -> Iterator[Verdict]:
    """Yield the targets of this scenario."""
    people, many = product.scenario.people, product.scenario.people >= 100
    yield Verdict("every answer exact", f"{product.exact:.1%}", product.exact == 1)
    if people in (20, 100, 300):
        ratio = product.cpu_total / bound.cpu_total
        yield Verdict("CPU ≤ 1.5 × the bound", f"{ratio:.2f} ×", ratio <= 1.5)
    if people <= 20:
        yield _below("added latency p50 ≤ 120 ms", percentile(product.latencies, 50), 0.12)
    if people == 20:
        yield _below("added latency p95 ≤ 300 ms", percentile(product.latencies, 95), 0.3)
    if people in (100, 300):
        limit = 3 * percentile(bound.latencies, 95) + 0.2
        yield _below(f"added latency p95 ≤ {1000 * limit:.0f} ms", percentile(product.latencies, 95), limit)
    if many:
        yield _below("first text p95 ≤ 1 s", percentile(product.first, 95), 1.0)
    else:
        yield _below("first text p50 ≤ 150 ms", percentile(product.first, 50), 0.15)
    yield Verdict("≤ 5 bytes a character", f"{product.bytes_per_character:.2f}", product.bytes_per_character <= 5)
    limit = product.scenario.seconds + 4
    yield Verdict(
        f"≤ {limit:.0f} database writes", f"{product.writes['commits']:.1f}", product.writes["commits"] <= limit
    )


def over_all(products: list[Result]) -> Iterator[Verdict]:
    """Yield the targets that compare scenarios."""
    of = {result.scenario.name: result for result in products}
    if {"100x400@50", "500x200@5"} <= of.keys():
        few, most = of["100x400@50"], of["500x200@5"]
        further = (most.memory * 500 - few.memory * 100) / 400
        yield Verdict(
            "worker memory ≤ 0.3 MB a further answer, 100 to 500", f"{further / 1e6:.2f} MB", further <= 0.3e6
        )
    if {"1x400@200", "1x4000@200"} <= of.keys():
        ratio = of["1x4000@200"].bytes_per_character / of["1x400@200"].bytes_per_character
        words = "bytes a character at 200/s, 4,000 tokens against 400: within 20 %"
        yield Verdict(words, f"{ratio:.2f} ×", 0.8 <= ratio <= 1.2)


def _below(words: str, seconds: float, limit: float) -> Verdict:
    return Verdict(words, f"{1000 * seconds:.0f} ms", seconds <= limit)
