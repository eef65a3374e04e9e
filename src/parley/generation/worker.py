"""The event loop of a worker process, in a thread of its own, which writes all its replies."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from uuid import UUID

import uvloop

from parley.conf import conf
from parley.ids import uuid7

from . import duties
from .announcer import announce
from .claims import Claims
from .database import Database
from .duties import Duties
from .engine import Engine
from .heartbeat import Heartbeat
from .writing import Log, Running

ENDS_THREADS = 3
"""Threads that write the ends of replies, which no other work for the database may hold up."""
LAST_SIGNALS = 2.0
"""Seconds that an ending process waits for receivers of its signals."""
LAST_ROUND = 2.0
"""Seconds that it waits for the loop to stop."""


class Loop:
    """Runs from its construction on; its methods are for other threads. ``make_log``: called in the loop."""

    def __init__(self, make_log: Callable[[], Log]) -> None:
        self.worker_id = uuid7()
        self._make_log, self._beside = make_log, set[Future[Any]]()
        self._heartbeat, self._ready = Heartbeat(self.worker_id), threading.Event()
        self._thread = threading.Thread(target=self._main, name="parley-loop", daemon=True)
        self._thread.start()
        self._ready.wait()

    def write(self, reply_id: UUID) -> str:
        """Claim and write a reply until it is settled; return its status, or "" where it was not for us to write."""
        return str(self._run(self._engine.write(reply_id)).result())

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run something short beside the replies, and return its result. Raises CancelledError at a shutdown."""
        future = self._run(coroutine)
        self._beside.add(future)
        future.add_done_callback(self._beside.discard)
        return future.result()

    def end_soon(self, grace: float | None = None) -> None:
        """Begin shutdown: after ``grace`` seconds (SHUTDOWN_GRACE), hand over running replies, oldest first."""
        for future in [*self._beside]:
            future.cancel()
        self._claims.end_soon()
        self._run(self._engine.hand_over(conf.SHUTDOWN_GRACE if grace is None else grace))

    def end(self) -> None:
        """End: stop the heartbeat, delete the worker's row, close connections, wait for receivers of signals, and stop.

        A loop that still turns while Python ends can crash the process.
        """
        self._heartbeat.end()
        try:
            self._run(self._deregister()).result(timeout=5)
        finally:
            announce.wait(LAST_SIGNALS)
            self._stop()

    def _stop(self) -> None:
        self.events.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(LAST_ROUND)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.events)

    def _main(self) -> None:
        with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self.events = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._serving: Any = asyncio.current_task()
        running, log, database = Running(), self._make_log(), Database("duties", duties.THREADS)
        self._claims = Claims(database, self.worker_id, lambda: running.gathering)
        self._engine = Engine(running, log, self._claims.begin, Database("ends", ENDS_THREADS))
        self._duties = Duties(running, log, database, self.worker_id, self._heartbeat)
        self._ready.set()
        await self._duties.carry_out()

    async def _deregister(self) -> None:
        try:
            await self._duties.end()
        finally:
            await self._engine.end()
