"""What a line of the log belongs to: a request, a reply, the provider that is asked. Never a text.

The facts follow the work: from a request through the task in Celery to the loop of a worker and its threads.
"""

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, task_prerun

from . import tracing

FIELDS = ("request", "reply", "attempt", "worker", "person", "connection", "model", "ms")
HEADER = "parley_request"
"""Of a task."""
ID = re.compile(r"[\w-]{1,64}", re.ASCII)

Facts = Mapping[str, Any]
_facts: ContextVar[Facts] = ContextVar("parley_facts", default={})  # noqa: B039 (it is never changed)
events = logging.getLogger("parley.events")
"""One line when a task is sent, and one when an attempt to write a reply has ended; from the level INFO on."""


def id_of(given: str) -> str:
    """Return the id of a request: as its proxy has given it, or a new one.

    >>> id_of("a-1"), len(id_of("a b"))
    ('a-1', 32)
    """
    return given if ID.fullmatch(given) else uuid4().hex


def note(**facts: Any) -> None:
    """Add facts to what this task or thread logs from now on; a function is called when a line is written."""
    _facts.set({**_facts.get(), **facts})


def begin(**facts: Any) -> None:
    """Forget all facts, and note these: threads are used again."""
    _facts.set(facts)


def facts() -> dict[str, Any]:
    """Return the facts that are known."""
    known = {name: value() if callable(value) else value for name, value in _facts.get().items()}
    return {name: value for name, value in known.items() if value not in (None, "")}


def request_id() -> str:
    """Return the id of the request that this work is for, "" where nobody knows."""
    return str(_facts.get().get("request", ""))


class Filter(logging.Filter):
    """Adds the facts to records, for the formatter of a host; what a line says itself counts more."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in facts().items():
            vars(record).setdefault(name, value)
        return True


def connect() -> None:
    """Carry the facts with the tasks of Parley."""
    before_task_publish.connect(_published, dispatch_uid="parley.correlation")
    task_prerun.connect(_begun, dispatch_uid="parley.correlation")


def _published(sender: str = "", headers: Any = None, body: Any = None, **kwargs: object) -> None:
    if not str(sender).startswith("parley."):
        return
    if request := request_id():
        headers[HEADER] = request
    headers |= tracing.carried()
    job = body[0][0] if body and body[0] else ""
    events.info("The task %s is sent.", sender, extra={"reply": job} if sender == "parley.write_reply" else {})


def _begun(task: Any = None, **kwargs: object) -> None:
    if task.request.is_eager:  # it is still the request's thread
        return
    given = str(task.request.get(HEADER) or "")
    tracing.begin(str(task.request.get(tracing.HEADER) or ""))
    begin(**({"request": given} if ID.fullmatch(given) else {}))
