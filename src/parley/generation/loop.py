"""One event loop per worker process, in which all its replies are written."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Protocol
from uuid import UUID

import uvloop
from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError
from django.db import close_old_connections

from ..conf import conf
from ..ids import uuid7
from ..models import Message
from . import engine
from .engine import Writing
from .outcome import Outcome

logger = logging.getLogger(__name__)

DATABASE_THREADS = 4
DATABASE_PATIENCE = 600
"""Tries, half a second apart, to write the end of a reply."""


class Log(Protocol):
    """Where readers follow a reply; see delivery.log."""

    def begin(self, reply_id: UUID, attempt: int) -> None: ...
    def forget(self, reply_id: UUID) -> None: ...
    async def write(self, texts: dict[UUID, str]) -> set[UUID]: ...
    async def end(self, reply_id: UUID) -> None: ...


class Loop:
    """A thread with an event loop: ``write(reply_id)`` from any other thread returns when the reply is settled."""

    def __init__(self, make_log: Callable[[], Log]) -> None:
        self.worker_id = uuid7()
        self._make_log = make_log
        self._running: dict[UUID, Writing] = {}
        self._dirty: set[UUID] = set()
        self._random = Random()
        self._database = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="parley-database")
        self._ready = threading.Event()
        threading.Thread(target=self._main, name="parley-loop", daemon=True).start()
        self._ready.wait()

    def write(self, reply_id: UUID) -> str:
        """Claim and write a reply → its status, or "" when it was not for us to write."""
        return self.run(self._write(reply_id))

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._log, self._wake = self._make_log(), asyncio.Event()
        self._ready.set()
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self._tell_readers())
            duties.create_task(self._write_checkpoints())

    # One reply

    async def _write(self, reply_id: UUID) -> str:
        writing = await self._in_database(engine.begin, reply_id, self.worker_id)
        if writing is None:
            return ""
        self._running[reply_id] = writing
        self._log.begin(reply_id, writing.reply.attempt)
        self._changed(writing)
        try:
            outcome = await engine.write(writing, self._changed, self._random)
        except Exception:
            logger.exception("Reply %s could not be written.", reply_id)
            outcome = Outcome("failed", "internal")
        return await self._settle(writing, outcome)

    async def _settle(self, writing: Writing, outcome: Outcome) -> str:
        reply_id = writing.reply.pk
        self._running.pop(reply_id, None)
        self._dirty.discard(reply_id)
        settled = await self._in_database_at_last(engine.settle, writing, outcome)
        await self._log.end(reply_id)
        return outcome.status if settled else ""

    def _changed(self, writing: Writing) -> None:
        self._dirty.add(writing.reply.pk)
        self._wake.set()

    # Duties for all replies at once

    async def _tell_readers(self) -> None:
        """Every tick, one round trip for what changed in all replies; an idle process waits."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            texts = {key: self._running[key].text for key in self._dirty if key in self._running}
            self._dirty.clear()
            self._dirty |= await self._write_log(texts) & self._running.keys()
            if self._dirty:
                self._wake.set()
            await asyncio.sleep(conf.TICK)

    async def _write_log(self, texts: dict[UUID, str]) -> set[UUID]:
        try:
            return await self._log.write(texts)
        except Exception:
            logger.exception("Readers could not be told of new text.")
            return set()

    async def _write_checkpoints(self) -> None:
        """Once a second, one transaction with the texts of all replies."""
        while True:
            await asyncio.sleep(conf.CHECKPOINT_INTERVAL)
            changed = {w.key: w.text for w in self._running.values() if w.text != w.checkpointed}
            if changed and await self._checkpoint(changed):
                for (reply_id, _), text in changed.items():
                    if reply_id in self._running:
                        self._running[reply_id].checkpointed = text

    async def _checkpoint(self, texts: dict[tuple[UUID, int], str]) -> bool:
        try:
            await self._in_database(Message.objects.checkpoint, texts)
        except DatabaseError as error:
            logger.warning("The database does not answer (%s); the text is kept and written later.", error)
            return False
        return True

    async def _in_database(self, function: Callable, *args: Any) -> Any:
        return await sync_to_async(_with_connection, thread_sensitive=False, executor=self._database)(function, *args)

    async def _in_database_at_last(self, function: Callable, *args: Any) -> Any:
        """Try until the database is back: the text is in memory, nothing else is lost by waiting."""
        for _ in range(DATABASE_PATIENCE):
            try:
                return await self._in_database(function, *args)
            except DatabaseError as error:
                logger.warning("The database does not answer (%s); trying again.", error)
                await asyncio.sleep(0.5)
        return await self._in_database(function, *args)


def _with_connection(function: Callable, *args: Any) -> Any:
    close_old_connections()
    return function(*args)
