"""Measure the product beside bare relays: `python -m benchmarks [--quick] [--scenario NAME] [--write]`."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from benchmarks import provider, report
from benchmarks.measure import Result, measure
from benchmarks.scenarios import ALL, QUICK, Scenario
from benchmarks.subjects import Product, Relay
from tests.support.processes import ROOT, python
from tests.support.stores import Postgres

MARK = "<!-- Everything below is written by `python -m benchmarks --write`. -->\n"


def main() -> None:
    asked = arguments()
    scenarios = chosen(asked.scenario, asked.quick)
    with product_on(asked.database) as product:
        text = report.tables(*run(product, scenarios)) + "\n" + pages() + "\n" + search()
    print(text)
    if asked.write:
        write(text)


def pages() -> str:
    """Return the table of benchmarks.pages, which needs a process of its own."""
    return subprocess.run(python("-m", "benchmarks.pages"), cwd=ROOT, capture_output=True, text=True, check=True).stdout


def search() -> str:
    """Return the tables of benchmarks.search, on SQLite and on PostgreSQL."""
    return subprocess.run(
        python("-m", "benchmarks.search"), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short scenarios")
    parser.add_argument(
        "--scenario", action="append", choices=[scenario.name for scenario in ALL], metavar="PEOPLExTOKENS@RATE"
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/benchmarks.md")
    return parser.parse_args()


def chosen(names: list[str] | None, quick: bool) -> list[Scenario]:
    if names:
        return [scenario for scenario in ALL if scenario.name in names]
    return QUICK if quick else ALL


@contextmanager
def product_on(database: str) -> Iterator[Product]:
    """Start the product on a database of its own, and end it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="parley-benchmark-"))
    postgres = Postgres().start() if database == "postgresql" else None
    product = Product(folder, postgres.create("parley") if postgres else "", postgres)
    try:
        product.stack.up()
        yield product
    finally:
        product.stack.down()
        if postgres:
            postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def run(product: Product, scenarios: list[Scenario]) -> tuple[list[report.Row], tuple[provider.Pace, provider.Pace]]:
    """Every scenario is played to each of the three before the next one begins."""
    fake = product.stack.provider
    pace = uvloop.run(provider.measure(fake.url, product.stack.processes["provider"].pid))
    relays = [Relay(module, product.stack.folder, fake) for module in ("bound", "floor")]
    try:
        return [tuple(play(subject, scenario) for subject in (product, *relays)) for scenario in scenarios], pace
    finally:
        for relay in relays:
            relay.end()


def play(subject: Product | Relay, scenario: Scenario) -> Result:
    print(f"{subject.name}: {scenario.title}…", file=sys.stderr, flush=True)
    result = uvloop.run(measure(subject, scenario, subject.provider))
    for error in sorted(set(result.errors)):
        print(f"{subject.name}: {result.errors.count(error)} × {error}", file=sys.stderr)
    return result


def write(text: str) -> None:
    """Replace the tables; the words above them stay."""
    page = ROOT / "docs" / "benchmarks.md"
    words = page.read_text().partition(MARK)[0] if page.exists() else "# Benchmarks\n\n"
    page.write_text(f"{words}{MARK}\n{text}")


main()
