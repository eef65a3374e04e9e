"""Write the tables, in Markdown."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.idle import Idle
from benchmarks.measure import Result, percentile
from benchmarks.provider import Pace
from benchmarks.targets import Verdict, of_idle, over_all, verdicts

Row = Sequence[Result]
"""The results of one scenario: those of the products, and of the relays where each person asks once."""
RELAYS = ("bound", "floor")
HEAD = ["", "exact", "first text p50 / p95", "token p50 / p95 / p99", "CPU-ms per 1,000 tokens", "CPU of the bound",
        "bytes a character", "memory"]  # fmt: skip
PROCESSES = ("web", "worker", "valkey", "database", "relay")


def tables(rows: list[Row], pace: Sequence[Pace], idles: list[Idle]) -> str:
    """Return everything that one run has measured; the targets first."""
    parts = [_verdicts(rows, idles)]
    if rows:
        parts += [_table(HEAD, [line for row in rows for line in _lines(row)]), _questions(rows), _provider(*pace)]
    if idles:
        parts.append(_idles(idles))
    return "\n\n".join(parts) + "\n"


def _verdicts(rows: list[Row], idles: list[Idle]) -> str:
    """Return a row for each target, with a column for each product."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for title, subject, verdict in _judged(rows, idles):
        found[title, verdict.words][subject] = verdict.value if verdict.met else f"**{verdict.value}, missed**"
    names = list(dict.fromkeys(name for values in found.values() for name in values))
    lines = [[*target, *(values.get(name, "") for name in names)] for target, values in found.items()]
    return _table(["", "target", *names], lines)


def _judged(rows: list[Row], idles: list[Idle]) -> Iterator[tuple[str, str, Verdict]]:
    """Yield (scenario, subject, target)."""
    if rows:
        results = [result for row in rows for result in products_of(row)]
        yield from (("all", subject, verdict) for subject, verdict in over_all(results))
    for row in rows:
        for product in products_of(row):
            found = verdicts(product, bound_of(row))
            yield from ((product.scenario.title, product.subject, verdict) for verdict in found)
    yield from ((idle.title, idle.subject, of_idle(idle)) for idle in idles)


def products_of(row: Row) -> list[Result]:
    return [result for result in row if result.subject not in RELAYS]


def bound_of(row: Row) -> Result | None:
    return next((result for result in row if result.subject == "bound"), None)


def _lines(row: Row) -> Iterator[list[str]]:
    yield [f"**{row[0].scenario.title}**", *[""] * (len(HEAD) - 1)]
    yield from ([result.subject, *_cells(result, bound_of(row))] for result in row)


def _cells(result: Result, bound: Result | None) -> list[str]:
    return [
        f"{result.exact:.1%}",
        _all_ms(result.first, 50, 95),
        _all_ms(result.latencies, 50, 95, 99),
        f"{result.cpu_total:.0f}",
        f"{result.cpu_total / bound.cpu_total:.2f} ×" if bound else "–",
        f"{result.bytes_per_character:.2f}",
        f"{result.peak / 1e6:.0f} MB",
    ]


def _questions(rows: list[Row]) -> str:
    """Return what each question costs, by process."""
    head = ["a question", "", *PROCESSES, "all, CPU-ms", "requests", "told again", "writes (rows)", "memory",
            "driver busy", "provider late"]  # fmt: skip
    return _table(head, [_question(result) for row in rows for result in row])


def _question(result: Result) -> list[str]:
    used = result.cpu_per_question
    return [
        result.scenario.title,
        result.subject,
        *(f"{used[name]:.1f}" if name in used else "" for name in PROCESSES),
        f"{sum(used.values()):.1f}",
        f"{result.requests:.2f}",
        f"{result.told:.2f}",
        f"{result.writes['commits']:.1f} ({result.writes['rows']:.1f})",
        f"{result.memory / 1e6:.2f} MB",
        f"{result.driver_busy:.0%}",
        _all_ms([result.provider_late], 50),
    ]


def _idles(idles: list[Idle]) -> str:
    head = ["CPU-ms a second", "", *PROCESSES[:4], "all"]
    return _table(head, [[idle.title, idle.subject, *_idle(idle)] for idle in idles])


def _idle(idle: Idle) -> list[str]:
    used = [f"{idle.cpu[name]:.1f}" if name in idle.cpu else "" for name in PROCESSES[:4]]
    return [*used, f"{sum(idle.cpu.values()):.1f}"]


def _provider(full: Pace, paced: Pace) -> str:
    return (
        f"The provider alone, read by a bare client: {full.tokens_per_second:,.0f} tokens/s at full speed; "
        f"{paced.cpu_per_1000:.0f} CPU-ms per 1,000 tokens at {paced.tokens_per_second:,.0f} tokens/s."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _all_ms(seconds: list[float], *percents: int) -> str:
    return " / ".join(f"{1000 * percentile(seconds, percent):,.0f}" for percent in percents) + " ms"
