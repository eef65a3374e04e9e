"""Claims replies, many in one transaction, and again where somebody else holds a row."""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from parley.conf import conf

from . import engine
from .database import Batcher, Database, pauses
from .engine import Held
from .writing import Writing


class Claims:
    """Claims what is asked for at the same time together. ``gather()``: seconds to wait for more before each claim."""

    def __init__(self, database: Database, worker_id: UUID, gather: Callable[[], float]) -> None:
        self._batcher: Batcher[UUID, Writing | Held] = Batcher(
            lambda reply_ids: database.at_last(engine.begin, reply_ids, worker_id), gather
        )
        self._leaving = False

    def end_soon(self) -> None:
        """Leave to other processes what cannot be claimed now: this one is about to end."""
        self._leaving = True

    async def begin(self, reply_id: UUID) -> Writing | None:
        """Claim a reply; while its person's rows are held, try again until it is enqueued again anyway."""
        until = time.monotonic() + conf.JOB_LOST_AFTER
        for pause in pauses(1.0):
            claimed = await self._batcher.submit(reply_id)
            if not isinstance(claimed, Held):
                return claimed
            if self._leaving or time.monotonic() > until:
                break
            await asyncio.sleep(pause)
        return None
