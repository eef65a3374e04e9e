"""Run the whole product on one machine."""

import errno
import fcntl
import os
import socket
import subprocess
import time

from django.conf import settings

from parley_server import data, databases, env, services, setup_code
from parley_server.guardian import GRACE, Guardian
from parley_server.leftovers import Marks
from parley_server.processes import Supervisor, print_line

STORE_ANSWERS_WITHIN = 10.0
"""Seconds."""
LEFTOVERS_END_WITHIN = GRACE + 1
"""Seconds."""
STORES = {"valkey", "model"}
ALREADY_RUNS = "Parley already runs from {}: stop it first, or set PARLEY_DATA_DIR to another folder."


class CannotRun(Exception):
    """Says in one sentence what is missing."""


def run(dev: bool) -> int:
    """Check, prepare and run the services until asked to stop; return the exit code.

    Raises CannotRun, ImproperlyConfigured, ModelMissing or StillRuns.
    """
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
    show_setup_code()
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
    alone = env.is_loopback(env.text("HOST", "127.0.0.1")) and not env.text("SITE_URL")
    if dev and alone and not env.text("DEBUG"):
        os.environ["DEBUG"] = "1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "parley_server.settings"


def _lock() -> int:
    """Return a locked descriptor, which the end of the process closes. Raises CannotRun when another run has it.

    The guardian of a run that was killed has it until everything that run has started is gone.
    """
    with data.usable():
        descriptor = os.open(data.directory() / "running.lock", os.O_CREAT | os.O_RDWR, 0o600)
    limit = time.monotonic() + LEFTOVERS_END_WITHIN
    while not _is_locked(descriptor):
        if time.monotonic() > limit:
            raise CannotRun(ALREADY_RUNS.format(data.directory()))
        time.sleep(0.1)
    return descriptor


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
    command = services.python("parley_server manage migrate --no-input --verbosity 0")
    environment = {**os.environ, **services.ENVIRONMENT, "LOG_FORMAT": "text"}  # what it says becomes a line of ours
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CannotRun(
            reason if reason.startswith("The database") else f"The database could not be prepared: {reason}"
        )


def show_setup_code() -> None:
    """Print the code of the first account where others reach the site, before a process could ask for it."""
    if settings.OPEN_TO_OTHERS and not databases.has_accounts():
        setup_code.show(print_line)


def _announce() -> None:
    if words := _about_others():
        print_line(words)
    here = services.address()
    print_line(f"Parley is ready: {settings.SITE.url} (here {here})" if settings.SITE else f"Parley is ready: {here}")


def _about_others() -> str:
    """Say who can reach the site, where that may surprise its owner."""
    names = {host.strip("[]") for host in settings.ALLOWED_HOSTS}
    if env.is_loopback(settings.HOST):
        return ""
    if all(map(env.is_loopback, names)):
        return (
            f"The site listens on HOST={settings.HOST} and answers to the name localhost only: set SITE_URL to the "
            "address that others type into their browsers, such as SITE_URL=https://chat.example.org."
        )
    if "*" in names and not settings.HTTPS:
        return (
            f"The site listens on HOST={settings.HOST} and answers to any name by plain http, so that others in the "
            "network can read passwords: set SITE_URL=https://… to the address of an HTTPS proxy in front of it."
        )
    return ""
