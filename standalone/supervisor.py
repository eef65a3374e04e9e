"""Run the whole product on one machine: `python -m standalone.supervisor [--dev]`."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from standalone import data, databases, env, services
from standalone.guardian import Guardian
from standalone.leftovers import Marks, StillRuns
from standalone.model_file import ModelMissing
from standalone.processes import Supervisor, print_line

STORE_ANSWERS_WITHIN = 10.0
"""Seconds."""
STORES = {"valkey", "model"}


class CannotRun(Exception):
    """Says in one sentence what is missing."""


def main() -> int:
    """Run until asked to stop; return the exit code. An expected failure is one sentence and exit code 1."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    os.umask(0o077)
    try:
        return run(dev="--dev" in sys.argv[1:])
    except (CannotRun, ImproperlyConfigured, ModelMissing, StillRuns) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(dev: bool) -> int:
    """Check, prepare and run the services; return the exit code."""
    _choose_settings(dev)
    lock = _lock()
    marks = Marks(data.folder("services"))
    _end_leftovers(marks)
    for service in ("valkey", "model"):
        data.settle_port(service)
    _check_port()
    _check_store()
    _check_database()
    _migrate()
    stages = services.stages(dev)
    guardian = Guardian(keep=(lock,))
    try:
        supervisor = Supervisor(stages, guardian, marks)
        supervisor.install_signals()
        return 0 if supervisor.run(_announce) else 1
    finally:
        guardian.close()


def _choose_settings(dev: bool) -> None:
    """Turn DEBUG on for `make dev`, where only this machine is served."""
    if dev and not env.text("DEBUG") and env.is_loopback(env.text("HOST", "127.0.0.1")):
        os.environ["DEBUG"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "standalone.settings"


def _lock() -> int:
    """Return a locked descriptor, which the end of the process closes. Raises CannotRun when another run has it."""
    with data.usable():
        descriptor = os.open(data.directory() / "running.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CannotRun(
            f"Parley already runs from {data.directory()}: stop it first, or set PARLEY_DATA_DIR to another folder."
        ) from error
    return descriptor


def _end_leftovers(marks: Marks) -> None:
    """End the web server and the worker, and then the stores that they use."""
    if left := marks.left():
        print_line(f"Ending what an earlier run left: {', '.join(left)}…")
        for names in (set(left) - STORES, STORES):
            marks.end(names, settings.SHUTDOWN_GRACE + 10)


def _check_port() -> None:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    both = settings.HOST == "::" and socket.has_dualstack_ipv6()
    try:
        socket.create_server((settings.HOST, settings.PORT), family=family, dualstack_ipv6=both).close()
    except OSError as error:
        raise CannotRun(_port_trouble(error)) from error


def _port_trouble(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = settings.PORT + 1 if settings.PORT < 65535 else 8000
        return f"Port {settings.PORT} is in use by another program: choose another one, such as PORT={other}."
    return f"Cannot listen on HOST={settings.HOST} PORT={settings.PORT}: {error.strerror or error}."


def _check_store() -> None:
    limit = time.monotonic() + STORE_ANSWERS_WITHIN
    while settings.EXTERNAL_REDIS and not services.redis_answers():
        if time.monotonic() > limit:
            raise CannotRun("The server at REDIS_URL does not answer: start it, or unset REDIS_URL to use our own.")
        time.sleep(0.5)


def _check_database() -> None:
    if trouble := databases.trouble():
        raise CannotRun(trouble)


def _migrate() -> None:
    print_line("Preparing the database…")
    command = [sys.executable, str(data.ROOT / "manage.py"), "migrate", "--no-input", "--verbosity", "0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotRun(
            reason if reason.startswith("The database") else f"The database could not be prepared: {reason}"
        )


def _announce() -> None:
    names = {host.strip("[]") for host in settings.ALLOWED_HOSTS}
    if not env.is_loopback(settings.HOST) and all(map(env.is_loopback, names)):
        print_line(
            f"The site listens on HOST={settings.HOST} and answers to the name localhost only: name in ALLOWED_HOSTS "
            "what others type into their browsers, such as ALLOWED_HOSTS=chat.example.org,192.0.2.7."
        )
    print_line(f"Parley is ready: {services.address()}")


if __name__ == "__main__":
    sys.exit(main())
