"""Measure the product beside bare relays: `python -m benchmarks [--quick] [--scenario NAME] [--write]`."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvloop

from benchmarks import provider, report
from benchmarks.idle import TABS, Idle, measure_idle
from benchmarks.measure import Result, measure
from benchmarks.scenarios import ALL, QUICK, Scenario
from benchmarks.subjects import Product, Relay
from tests.support.processes import ROOT, python
from tests.support.stores import Postgres

MARKS = "<!-- Written by `python -m benchmarks --write`: -->\n", "<!-- End of what is written. -->\n"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
ALONE = ("pages", "search", "budgets")
OTHERS = ("idle", *ALONE)
"""What is measured besides the scenarios; ``ALONE``: in processes of their own."""
EVERY = [*(scenario.name for scenario in ALL), *OTHERS]


def main() -> None:
    asked = arguments()
    names = asked.scenario or ([scenario.name for scenario in QUICK] if asked.quick else EVERY)
    with ExitStack() as stack:
        products = [stack.enter_context(product_on(name, asked.web_processes)) for name in asked.database or DATABASES]
        measured = list(printed(tables(products, names)))
    if asked.write:
        write("\n".join(measured))


def printed(texts: Iterable[str]) -> Iterator[str]:
    """Print each text when it is known, so that what was measured before an error is not lost."""
    for text in texts:
        print(text, flush=True)
        yield text


def tables(products: list[Product], names: list[str]) -> Iterator[str]:
    """Yield what was measured, part by part."""
    scenarios = [Scenario.named(name) for name in names if name not in OTHERS]
    yield report.tables(*run(products, scenarios), idle(products) if "idle" in names else [])
    for name in ALONE:
        if name in names:
            yield alone(name)


def alone(name: str) -> str:
    """Return the tables of a module of benchmarks that needs processes of its own."""
    command = python("-m", f"benchmarks.{name}")
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short scenarios")
    words = f"PEOPLExTOKENS@RATE[xASKS][+BEFORE], {', '.join(OTHERS)}; all of docs/benchmarks.md without it"
    parser.add_argument("--scenario", action="append", type=known, metavar="NAME", help=words)
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--web-processes", type=int, default=1, metavar="COUNT")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/benchmarks.md")
    return parser.parse_args()


def known(name: str) -> str:
    """Return the name; raise ValueError when nothing is called so."""
    return name if name in OTHERS else Scenario.named(name).name


@contextmanager
def product_on(database: str, web_processes: int) -> Iterator[Product]:
    """Make the product on a database of its own, and end it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="parley-benchmark-"))
    postgres = Postgres(fsync=True).start() if database == "postgresql" else None
    url = postgres.create("parley") if postgres else ""
    product = Product(DATABASES[database], folder, url, postgres, web_processes)
    try:
        product.stack.up()
        product.end()
        yield product
    finally:
        product.stack.down()
        if postgres:
            postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def run(products: list[Product], scenarios: list[Scenario]) -> tuple[list[report.Row], tuple[provider.Pace, ...]]:
    """Play every scenario to each of the subjects before the next one begins."""
    if not scenarios:
        return [], ()
    stack = products[0].stack
    pace = uvloop.run(provider.measure(stack.provider.url, stack.processes["provider"].pid))
    relays = [Relay(module, stack.folder, stack.provider) for module in report.RELAYS]
    try:
        return [play_to(products, relays, scenario) for scenario in scenarios], pace
    finally:
        for relay in relays:
            relay.end()


def play_to(products: list[Product], relays: list[Relay], scenario: Scenario) -> report.Row:
    """Play a scenario; relays are asked no second question, since they keep nothing."""
    return [play(subject, scenario) for subject in (*products, *(relays if scenario.asks == 1 else ()))]


def play(subject: Product | Relay, scenario: Scenario) -> Result:
    print(f"{subject.name}: {scenario.title}…", file=sys.stderr, flush=True)
    result = uvloop.run(measure(subject, scenario, subject.provider))
    for error in sorted(set(result.errors)):
        print(f"{subject.name}: {result.errors.count(error)} × {error}", file=sys.stderr)
    return result


def idle(products: list[Product]) -> list[Idle]:
    print("idle…", file=sys.stderr, flush=True)
    return [uvloop.run(measure_idle(product, tabs)) for tabs in TABS for product in products]


def write(text: str) -> None:
    """Replace the tables; the words around them stay."""
    page, (begin, end) = ROOT / "docs" / "benchmarks.md", MARKS
    before, _, rest = page.read_text().partition(begin)
    page.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}")


main()
