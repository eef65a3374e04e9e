"""What the console command `parley` can do; each expected failure is one sentence and exit code 1."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from parley_server import databases, env, json_logs, services, supervisor, upgrades
from parley_server.backup import BackupFailed, back_up, check_site
from parley_server.leftovers import StillRuns
from parley_server.model_file import ModelMissing
from parley_server.processes import Service, print_line
from parley_server.restore import restore

EXPECTED = (ImproperlyConfigured, ModelMissing, StillRuns, supervisor.CannotRun, upgrades.IsNewer, BackupFailed)
VARIABLES = {"host": "HOST", "port": "PORT", "data": "PARLEY_DATA_DIR"}
"""An option → the variable that it sets."""


def main(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code."""
    if list(arguments[:1]) == ["manage"]:
        return manage(["parley manage", *arguments[1:]])
    options = _parser().parse_args(arguments)
    os.environ |= {variable: getattr(options, name) for name, variable in VARIABLES.items() if name in options}
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # so that what is half done is cleared away
    return _in_sentences(lambda: options.run(options))


def manage(arguments: list[str]) -> int:
    """Run a command of Django, whose name follows that of the program; return its exit code."""
    return _in_sentences(lambda: _django(arguments), tracebacks="--traceback" in arguments)


def _django(arguments: list[str]) -> int:
    if arguments[1:2] == ["migrate"]:
        upgrades.refuse_newer()
    execute_from_command_line(arguments)
    return 0


def _in_sentences(run: Callable[[], int], tracebacks: bool = False) -> int:
    try:
        return run()
    except EXPECTED as error:
        return _failed(str(error))
    except OperationalError as error:
        if tracebacks:
            raise
        return _failed(databases.in_words(error))
    except KeyboardInterrupt:
        return 130


def _failed(sentence: str) -> int:
    as_json = env.text("LOG_FORMAT") == "json"
    print(json_logs.line(sentence, level="CRITICAL") if as_json else sentence, file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    return supervisor.run(dev="dev" in options)


def _web(options: argparse.Namespace) -> int:
    return _become(lambda: services.web(dev=False), supervisor.show_setup_code)


def _worker(options: argparse.Namespace) -> int:
    return _become(lambda: services.worker(dev=False))


def _become(described: Callable[[], Service], prepare: Callable[[], None] = lambda: None) -> int:
    """Replace this process by a service, unless the database is newer; that it is away stops neither of them."""
    try:
        upgrades.refuse_newer()
        prepare()
    except OperationalError as error:
        print_line(databases.in_words(error))
    service = described()
    os.execve(service.command[0], [*service.command], {**os.environ, **service.env})


def _migrate(options: argparse.Namespace) -> int:
    databases.wait_until_there()
    return _django(["parley", "migrate", "--no-input"])


def _check(options: argparse.Namespace) -> int:
    """Look at the settings, then ask everything that the site needs."""
    _django(["parley", "check"])
    site = ["--url", options.url] if options.url else []
    return _django(["parley", "parley_check", *site])


def _back_up(options: argparse.Namespace) -> int:
    check_site()
    django.setup(set_prefix=False)
    print(back_up(options.file, secrets=options.secrets))
    return 0


def _restore(options: argparse.Namespace) -> int:
    print(restore(options.file))
    return 0


def _parser() -> argparse.ArgumentParser:
    where = _options()
    parser = argparse.ArgumentParser("parley", parents=[where], description="A self-hosted AI chat.", epilog=EPILOG)
    parser.set_defaults(run=_run)
    commands = parser.add_subparsers(title="commands", metavar="")
    for name, run, words in COMMANDS:
        command = commands.add_parser(name, parents=[where], help=words, description=words)
        command.set_defaults(run=run)
        _add_arguments(name, command)
    others = commands.add_parser("manage", help="any command of Django: parley manage createsuperuser", add_help=False)
    others.add_argument("arguments", nargs=argparse.REMAINDER)
    others.set_defaults(run=lambda options: _django(["parley manage", *options.arguments]))
    return parser


def _options() -> argparse.ArgumentParser:
    """Return what every command takes; what is not given is not set, so that the environment counts."""
    where = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    where.add_argument("--data", metavar="FOLDER", help="where everything is kept (PARLEY_DATA_DIR)")
    where.add_argument("--host", help="the address to listen on (HOST), 127.0.0.1 by default")
    where.add_argument("--port", help="the port to listen on (PORT), 8000 by default")
    return where


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    if name == "run":
        command.add_argument("--dev", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    if name == "check":
        command.add_argument("--url", help="also ask the site at this address, as a browser does")
    if name in {"backup", "restore"}:
        command.add_argument("file", metavar="FILE", help="the backup, a .tar")
    if name == "backup":
        command.add_argument("--without-secrets", dest="secrets", action="store_false", help="leave the keys out")


EPILOG = "Everything else is set by environment variables: see docs/configuration.md."
COMMANDS = (
    ("run", _run, "serve the chat with all that it needs (what parley does without a command)"),
    ("web", _web, "serve pages and sockets only"),
    ("worker", _worker, "write replies only"),
    ("migrate", _migrate, "make the tables, or bring them up to date"),
    ("check", _check, "look for mistakes, and ask everything that a running site needs"),
    ("backup", _back_up, "write database, files and secrets into one file, while everything runs"),
    ("restore", _restore, "put a backup into an empty data folder"),
)
