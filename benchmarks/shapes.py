"""Measure how long each shape takes to start, and what it holds when nobody asks: ``python -m benchmarks.shapes``.

Tables are there already; the fake provider and PostgreSQL are not counted. One row of docs/scaling.md each.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import memory
from tests.deploy.proxies import Deployment
from tests.deploy.running import Ours, running
from tests.host.test_newcomer import Newcomer
from tests.support.processes import Process, free_port
from tests.support.stores import Postgres

CALM = 30
"""Seconds after the start, before memory is read."""
NOWHERE = "http://127.0.0.1:9/v1"


def main() -> None:
    print("| Shape | Ready after | Memory, idle |\n|---|---|---|")
    wanted = sys.argv[1:] or [*SHAPES]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            print(f"| {name} | {SHAPES[name](Path(folder))} |", flush=True)


def one_command(folder: Path, **env: str) -> str:
    """``parley run``, with the local model or with a provider; the first start makes the tables."""
    port = str(free_port())
    for measured in (False, True):
        box, began = Ours("parley", folder, PORT=port, **env), time.monotonic()
        with running(box):
            box.wait_for_line("Parley is ready", 240)
            ready = time.monotonic() - began
            row = found(ready, [box]) if measured else ""
            box.stop(60)
    return row


def project(folder: Path) -> str:
    """A host with runserver, parley_worker and Valkey."""
    site = Newcomer(folder)
    site.migrate()
    names = ("valkey", "worker", "web")
    with started(site.processes[name] for name in ("provider",)), started(site.processes[name] for name in names):
        began = time.monotonic()
        for name in ("worker", "web"):
            site.wait_for(name)
        return found(time.monotonic() - began, [site.processes[name] for name in names])


def two_of_each(folder: Path) -> str:
    """Two ``parley web``, two ``parley worker``, Valkey."""
    postgres = Postgres().start()
    try:
        parts = Deployment(folder, postgres.create("shapes"), NOWHERE)
        parts.valkey.start()
        parts.ours("migrate", "migrate").start().popen.wait(120)
        with started(parts.processes.values()):
            began = time.monotonic()
            for name in parts.processes:
                parts.wait_for(name)
            row = found(time.monotonic() - began, [parts.valkey, *parts.processes.values()])
        parts.valkey.kill()
        return row
    finally:
        postgres.remove()


@contextmanager
def started(processes: Iterator[Process]) -> Iterator[None]:
    with running(*processes):
        yield


def found(ready: float, processes: list[Process]) -> str:
    time.sleep(CALM)
    held = [memory(process.pid) for process in processes]
    return f"{ready:.0f} s | {sum(held) / 1e6:.0f} MB ({', '.join(f'{one / 1e6:.0f}' for one in held)})"


SHAPES: dict[str, Callable[[Path], str]] = {
    "`parley run`, a provider": lambda folder: one_command(folder, OPENAI_BASE_URL=NOWHERE),
    "`parley run`, the local model": one_command,
    "`runserver` and `parley_worker`": project,
    "two web servers, two workers": two_of_each,
}

if __name__ == "__main__":
    main()
