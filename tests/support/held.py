"""Notice what is held too long: a transaction, an event loop, a request thread; in the tests and in each product.

What counts is the processor time of the thread that holds it, which a busy machine does not lengthen, without the
collections of garbage, which may come anywhere. What only waits is measured by the clock, with limits that a busy
machine does not reach.
"""

import asyncio
import functools
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.transaction import Atomic

TRANSACTION, TRANSACTION_WAITING = 0.1, 5.0
REQUEST, REQUEST_WAITING = 2.0, 15.0
LOOP = 0.5
"""Seconds, of the processor and of the clock; work takes twice its time where two test processes share a cache."""
BETWEEN_LOOKS = 0.02
IDLE = 0.001
"""Seconds of the processor that a loop uses between two looks when nothing is worth a closer one."""
BUSY, WAITED = "Busy", "Waited"
MIGRATIONS = ("migrate", "flush")
WRITES = ("INSERT", "UPDATE", "DELETE")
ROOT = Path(__file__).resolve().parents[2]
OURS = (str(ROOT / "src"), str(ROOT / "tests"))
TESTS = OURS[1]


def watch() -> None:
    """Watch this process, unless it only prepares a database."""
    if not any(word in sys.argv for word in MIGRATIONS):
        gc.callbacks.append(collections.note)
        _watch_transactions()
        _watch_statements()
        _watch_requests()
        _watch_event_loops()


def _report(what: str, kind: str, busy: float, lasted: float, where: str) -> None:
    """Write one line to the file that TESTS_HELD names; ``kind`` is BUSY or WAITED."""
    line = f"{kind}: {what} held for {busy:.3f} s of processor time, {lasted:.3f} s in all: {where}\n"
    with Path(os.environ["TESTS_HELD"]).open("a") as file:
        file.write(line)


class Collections(threading.local):
    """Seconds of this thread's processor time that went into collections of garbage."""

    spent = begun = 0.0

    def note(self, phase: str, _: Any) -> None:
        if phase == "start":
            self.begun = time.thread_time()
        else:
            self.spent += time.thread_time() - self.begun


collections = Collections()


def _worked() -> float:
    """Processor time of this thread so far, in seconds, without collections of garbage."""
    return time.thread_time() - collections.spent


@contextmanager
def _measured(what: str, limits: tuple[float, float], where: Callable[[], str]) -> Iterator[None]:
    cpu, clock = _worked(), time.monotonic()
    try:
        yield
    finally:
        busy, lasted = _worked() - cpu, time.monotonic() - clock
        if busy > limits[0] or lasted > limits[1]:
            _report(what, BUSY if busy > limits[0] else WAITED, busy, lasted, where())


def _ours(frame: FrameType | None) -> Iterator[FrameType]:
    """Walk from a frame outwards through code of this repository."""
    while frame:
        if frame.f_code.co_filename.startswith(OURS) and frame.f_globals.get("__name__") != __name__:
            yield frame
        frame = frame.f_back


def _place(frame: FrameType | None) -> str:
    """Name the innermost places in our own code, the last first."""
    named = (f"{Path(f.f_code.co_filename).name}:{f.f_lineno} {f.f_code.co_name}" for f in _ours(frame))
    return " < ".join(islice(named, 4))


def _here() -> str:
    return _place(sys._getframe())


def _is_of_the_product() -> bool:
    """Whether the innermost of our own code is not that of a test, which may do as it likes."""
    innermost = next(_ours(sys._getframe()), None)
    return innermost is not None and not innermost.f_code.co_filename.startswith(TESTS)


def _watch_transactions() -> None:
    """From when it has begun, which on SQLite is when it has the lock, to its end; those of a test's own do not count.

    What was left for after the commit holds nothing.
    """
    enter, leave, run_hooks = Atomic.__enter__, Atomic.__exit__, BaseDatabaseWrapper.run_and_clear_commit_hooks

    def begin(self: Any) -> None:
        enter(self)
        connection = transaction.get_connection(self.using)
        if not self._from_testcase and not getattr(connection, "held_by", None) and _is_of_the_product():
            connection.held_by = self
            self.held = _measured("Transaction", (TRANSACTION, TRANSACTION_WAITING), _here)
            self.held.__enter__()

    def end(self: Any, *error: Any) -> None:
        connection = transaction.get_connection(self.using)
        try:
            leave(self, *error)
        finally:
            if getattr(connection, "held_by", None) is self:
                release(connection)

    def release(connection: Any) -> None:
        held, connection.held_by = getattr(connection, "held_by", None), None
        if held:
            held.held.__exit__(None, None, None)

    def after_commit(connection: Any) -> None:
        release(connection)
        run_hooks(connection)

    Atomic.__enter__, Atomic.__exit__ = begin, end
    BaseDatabaseWrapper.run_and_clear_commit_hooks = after_commit


def _watch_statements() -> None:
    """A statement that changes rows outside of any transaction is one by itself."""
    execute = CursorWrapper._execute

    def watched(self: Any, sql: Any, *arguments: Any) -> Any:
        if self.db.in_atomic_block or str(sql).lstrip()[:6].upper() not in WRITES or not _is_of_the_product():
            return execute(self, sql, *arguments)
        with _measured("Statement", (TRANSACTION, TRANSACTION_WAITING), lambda: f"{str(sql)[:80]} < {_here()}"):
            return execute(self, sql, *arguments)

    CursorWrapper._execute = watched


def _watch_requests() -> None:
    respond = BaseHandler.get_response

    @functools.wraps(respond)
    def get_response(self: Any, request: Any) -> Any:
        with _measured("Request thread", (REQUEST, REQUEST_WAITING), lambda: f"{request.method} {request.path}"):
            return respond(self, request)

    BaseHandler.get_response = get_response


def _watch_event_loops() -> None:
    make = uvloop.new_event_loop

    @functools.wraps(make)
    def new_event_loop() -> asyncio.AbstractEventLoop:
        loop = make()
        loop.call_soon(_watch_loop, loop)
        return loop

    uvloop.new_event_loop = new_event_loop


def _watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Called in the thread of the loop."""
    thread = threading.get_ident()
    threading.Thread(target=_look_at, args=(loop, thread), name="tests-held", daemon=True).start()


def _look_at(loop: asyncio.AbstractEventLoop, thread: int) -> None:
    """How much of the processor one round of the loop takes, and what it does meanwhile."""
    clock = time.pthread_getcpuclockid(thread)
    seen = time.clock_gettime(clock)
    while not loop.is_closed():
        cpu, seen, started = seen, time.clock_gettime(clock), time.monotonic()
        if seen - cpu < IDLE:
            time.sleep(BETWEEN_LOOKS)
            continue
        came = threading.Event()
        try:
            loop.call_soon_threadsafe(came.set)
        except RuntimeError:
            return
        where = ""
        while not came.wait(BETWEEN_LOOKS) and not loop.is_closed():
            busy = time.clock_gettime(clock) - cpu
            if busy > LOOP / 2 and not where and (frame := sys._current_frames().get(thread)):
                where = _place(frame)
        seen = time.clock_gettime(clock)
        if seen - cpu > LOOP:
            _report("Event loop", BUSY, seen - cpu, time.monotonic() - started, where)
        time.sleep(BETWEEN_LOOKS)
