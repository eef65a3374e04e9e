"""Measure the same on SQLite and on PostgreSQL, each in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from tests.support.processes import ROOT, python
from tests.support.stores import Postgres


def compare(name: str, measured: Callable[[str], Any], table: Callable[[dict[str, Any]], str]) -> None:
    """Print the table of what ``benchmarks.<name>`` measures on each; in such a process, given its URL, print JSON."""
    if len(sys.argv) > 1:
        return print(json.dumps(measured(sys.argv[1])))
    postgres = Postgres().start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sqlite = _alone(name, f"sqlite:///{folder}/{name}.sqlite3")
        print(table({"SQLite": sqlite, "PostgreSQL": _alone(name, postgres.create(name))}))
    finally:
        postgres.remove()


def _alone(name: str, url: str) -> Any:
    command = python("-m", f"benchmarks.{name}", url)
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)
