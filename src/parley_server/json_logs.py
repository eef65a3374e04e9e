"""Logs as JSON, one object for each line, whoever writes it: LOG_FORMAT=json."""

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from parley.correlation import FIELDS, facts

PLAIN = (str, int, float)


def line(
    message: str, *, level: str = "INFO", logger: str = "parley_server", at: float | None = None, **facts: Any
) -> str:
    r"""Return a line as JSON; facts that are "" or None, or no plain value, are left out.

    >>> line("Hello\n", at=0, logger="it", reply="7", person=None)
    '{"ts": "1970-01-01T00:00:00.000+00:00", "level": "INFO", "logger": "it", "msg": "Hello\\n", "reply": "7"}'
    """
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    known = {name: value for name, value in facts.items() if value != "" and isinstance(value, PLAIN)}
    head = {"ts": moment.isoformat(timespec="milliseconds"), "level": level, "logger": logger, "msg": message}
    return json.dumps({**head, **known})


def of_service(name: str, text: str) -> str:
    """Return a line that a service has printed as JSON: its own object with the name of the service, or the text."""
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if isinstance(said, dict):
        return json.dumps({**said, "service": name})
    return line(text, logger=name, service=name)


class Formatter(logging.Formatter):
    """Writes a record with what it belongs to, its traceback included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        # Needs the settings, which are being read while they import this module.
        from parley_server.masking import masked  # noqa: PLC0415

        said = {name: vars(record)[name] for name in FIELDS if isinstance(vars(record).get(name), (*PLAIN, UUID))}
        known = {name: value if isinstance(value, PLAIN) else str(value) for name, value in {**facts(), **said}.items()}
        if trace := self._trace(record):
            known["error"] = masked(trace)
        message = masked(record.getMessage())
        return line(message, level=record.levelname, logger=record.name, at=record.created, **known)

    def _trace(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[0]:
            return self.formatException(record.exc_info)
        return self.formatStack(record.stack_info) if record.stack_info else ""


def install() -> None:
    """Log what Python would print by itself: warnings, and exceptions that nobody catches."""
    logging.captureWarnings(True)
    log = logging.getLogger("python")
    sys.excepthook = lambda kind, error, trace: log.critical("The process ends.", exc_info=(kind, error, trace))
    threading.excepthook = lambda args: log.error("A thread ended.", exc_info=args.exc_value)


def say(message: str, file: Any = None) -> None:
    """Write a line from a handler of signals, in which nothing may be logged."""
    os.write(file.fileno() if file else 2, f"{line(message, logger='celery')}\n".encode())
