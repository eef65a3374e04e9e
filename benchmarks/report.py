"""Write the tables, in Markdown."""

from benchmarks.measure import Result, percentile
from benchmarks.provider import Pace
from benchmarks.targets import Verdict, over_all, verdicts

Row = tuple[Result, ...]
"""The results of one scenario: the product, the bound, the floor."""
HEAD = ["", "exact", "token p50 / p95 / p99", "first text p50 / p95", "CPU-ms per 1,000 tokens", "bytes a character",
        "writes (rows) an answer", "memory an answer"]  # fmt: skip


def tables(rows: list[Row], pace: tuple[Pace, Pace]) -> str:
    """Everything that one run has measured."""
    parts = [_provider(pace), _table(HEAD, [line for row in rows for line in _lines(row)]), _cpu(rows), _verdicts(rows)]
    return "\n\n".join(parts) + "\n"


def _provider(pace: tuple[Pace, Pace]) -> str:
    full, paced = pace
    return (
        f"The provider alone, read by a bare client: {full.tokens_per_second:,.0f} tokens/s at full speed; "
        f"{paced.cpu_per_1000:.0f} CPU-ms per 1,000 tokens at {paced.tokens_per_second:,.0f} tokens/s."
    )


def _lines(row: Row) -> list[list[str]]:
    product = row[0]
    names = (f"**{product.scenario.title}**", "bound", "floor")
    return [[name, *_cells(result)] for name, result in zip(names, row, strict=True)]


def _cells(result: Result) -> list[str]:
    writes = f"{result.writes['commits']:.1f} ({result.writes['rows']:.1f})" if result.writes["rows"] else "–"
    return [
        f"{result.exact:.1%}",
        " / ".join(_ms(percentile(result.latencies, percent)) for percent in (50, 95, 99)),
        " / ".join(_ms(percentile(result.first, percent)) for percent in (50, 95)),
        f"{result.cpu_total:.0f}",
        f"{result.bytes_per_character:.2f}",
        writes,
        f"{result.memory / 1e6:.2f} MB",
    ]


def _cpu(rows: list[Row]) -> str:
    names = list(rows[0][0].cpu)
    head = ["CPU-ms per 1,000 tokens", *names, "all", "bound", "floor", "of the bound", "of the floor", "driver busy",
            "provider late at most"]  # fmt: skip
    return _table(head, [_cpu_row(names, *row) for row in rows])


def _cpu_row(names: list[str], product: Result, bound: Result, floor: Result) -> list[str]:
    used = [*(product.cpu_per_1000[name] for name in names), product.cpu_total, bound.cpu_total, floor.cpu_total]
    ratios = [f"{product.cpu_total / relay.cpu_total:.2f} ×" for relay in (bound, floor)]
    busy = f"{product.driver_busy:.0%} ({bound.driver_busy:.0%})"
    late = f"{_ms(product.provider_late)} ({_ms(bound.provider_late)})"
    return [product.scenario.title, *(f"{value:.0f}" for value in used), *ratios, busy, late]


def _verdicts(rows: list[Row]) -> str:
    judged = [(row[0].scenario.title, verdict) for row in rows for verdict in verdicts(row[0], row[1])]
    judged += [("all", verdict) for verdict in over_all([row[0] for row in rows])]
    return _table(["", "target", "measured", ""], [_verdict_row(title, verdict) for title, verdict in judged])


def _verdict_row(title: str, verdict: Verdict) -> list[str]:
    return [title, verdict.words, verdict.value, "met" if verdict.met else "**missed**"]


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms"
