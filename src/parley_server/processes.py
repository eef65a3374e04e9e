"""A small supervisor: it keeps services running, restarts those that end, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from parley_server import env, json_logs
from parley_server.guardian import Guardian, send
from parley_server.leftovers import Marks
from parley_server.passwords import without_passwords

SETTLED_AFTER = 20.0
"""Seconds after which a service counts as started, so that its next end is a first failure again."""
LONGEST_DELAY = 10.0
"""Seconds before a service is started again."""


def print_line(line: str, service: str = "") -> None:
    """Print one line at once and whole, whoever else prints; a closed output is no reason to stop.

    ``service``: whose line it is.
    """
    if env.text("LOG_FORMAT") == "json":
        line = json_logs.of_service(service, line) if service else json_logs.line(line)
    elif service:
        line = f"{service:>7} | {line}"
    with suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass
class Service:
    """What to run.

    ``answers`` tells whether it is ready, ``grace`` is how many seconds it may take to end, and lines that hold
    ``hush`` are not printed. Only a ``trusted`` service is given the secrets of the environment.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    answers: Callable[[], bool] = lambda: True
    grace: float = 5.0
    hush: str | None = None
    trusted: bool = False


class Running:
    """A service with its current process, or with the delay before the next."""

    def __init__(self, service: Service, guardian: Guardian, marks: Marks) -> None:
        self.service, self.guardian, self.marks = service, guardian, marks
        self.failures = 0
        self.ready = False
        self.next_start = 0.0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start the process in a group of its own; each line that it prints gets the service's name in front."""
        self.started = time.monotonic()
        with self.marks.mark(self.service.name) as mark:
            self.process = self._process(keep=(mark.fileno(),) if mark else ())
            if mark:
                mark.write(str(self.process.pid))
        self.guardian.watch(self.process.pid)
        threading.Thread(target=self._relay, args=(self.process,), daemon=True).start()

    def _process(self, keep: tuple[int, ...]) -> "subprocess.Popen[str]":
        inherited = os.environ if self.service.trusted else env.without_secrets()
        return subprocess.Popen(
            self.service.command,
            env={**inherited, **self.service.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=keep,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def tend(self) -> None:
        """Notice the end of the process, and start it again after the delay."""
        if self.process is not None and self.process.poll() is not None:
            self._ended(self.process)
        if self.process is None and time.monotonic() >= self.next_start:
            self.start()
        self.ready = self.ready or (self.process is not None and self.service.answers())

    def terminate(self) -> None:
        """Ask the process to end."""
        if self.process is not None:
            send([self.process.pid], signal.SIGTERM)

    def kill(self) -> None:
        """End the process and everything in its group."""
        if self.process is not None:
            send([self.process.pid], signal.SIGKILL)
            self.process.wait()
            self.guardian.forget(self.process.pid)

    def ended(self) -> bool:
        """Tell whether there is no process to wait for."""
        return self.process is None or self.process.poll() is not None

    def _ended(self, process: "subprocess.Popen[str]") -> None:
        self.kill()
        self.process = None
        lived = time.monotonic() - self.started
        self.failures = 1 if lived > SETTLED_AFTER else self.failures + 1
        delay = min(LONGEST_DELAY, 0.25 * 2 ** (self.failures - 1))
        self.next_start = time.monotonic() + delay
        print_line(f"{self.service.name} ended ({_reason(process.returncode)}); starting it again in {delay:g} s.")

    def _relay(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() and not (self.service.hush and self.service.hush in line):
                print_line(without_passwords(line.rstrip()), self.service.name)


class Supervisor:
    """Runs stages of services: a stage starts when all services before it answer, and the last one ends first."""

    def __init__(self, stages: Sequence[Sequence[Service]], guardian: Guardian, marks: Marks, tries: int = 5) -> None:
        self.stages, self.guardian, self.marks, self.tries = stages, guardian, marks, tries
        self.running: list[list[Running]] = []
        self.stopping = threading.Event()
        self.signals = 0

    def install_signals(self) -> None:
        """Stop on the signals of a terminal, a service manager and a closed window; a second signal kills."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def run(self, when_ready: Callable[[], None]) -> bool:
        """Run until asked to stop; return False when the services could not be started."""
        try:
            started = all(self._stage_starts(stage) for stage in self.stages)
            if started:
                when_ready()
            while started and not self.stopping.wait(0.1):
                self._tend()
            return started or self.stopping.is_set()
        finally:
            self.stop()

    def stop(self) -> None:
        """End every service, the last stage first."""
        while self.running:
            self._end(self.running.pop())

    def _stage_starts(self, stage: Sequence[Service]) -> bool:
        current: list[Running] = []
        self.running.append(current)
        for service in stage:
            current.append(Running(service, self.guardian, self.marks))
        while not self.stopping.is_set() and not self._gives_up():
            if all(running.ready for running in current):
                return True
            self._tend()
            self.stopping.wait(0.1)
        return False

    def _tend(self) -> None:
        for running in self._all():
            running.tend()

    def _gives_up(self) -> bool:
        hopeless = [running.service.name for running in self._all() if running.failures >= self.tries]
        if hopeless:
            print_line(f"Giving up: {' and '.join(hopeless)} ended {self.tries} times; the lines above say why.")
        return bool(hopeless)

    def _all(self) -> list[Running]:
        return [running for stage in self.running for running in stage]

    def _end(self, stage: list[Running]) -> None:
        for running in stage:
            running.terminate()
        limit = time.monotonic() + max((running.service.grace for running in stage), default=0)
        while not all(running.ended() for running in stage) and time.monotonic() < limit and self.signals < 2:
            time.sleep(0.02)
        for running in stage:
            running.kill()

    def _on_signal(self, number: int, frame: object) -> None:
        self.signals += 1
        self.stopping.set()


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
