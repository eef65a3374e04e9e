"""What Celery rings for: each task calls one verb."""

import logging
import socket
import threading
from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from .connections import async_connection
from .delivery.log import LogWriter
from .generation.loop import Loop
from .models import Message

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loop: Loop | None = None


def writing_loop() -> Loop:
    """The event loop of this process, started at its first use."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = Loop(lambda: LogWriter(async_connection()))
        return _loop


@shared_task(name="parley.write_reply", ignore_result=True)
def write_reply(reply_id: str) -> str:
    """Write a pending reply; harmless when it is rung twice."""
    return writing_loop().write(UUID(reply_id))


def ring_on_commit(reply: Message) -> None:
    """Ring for a pending reply after the commit; when no bell can be rung, the reaper finds it later."""
    transaction.on_commit(partial(_ring, str(reply.pk)))


def _ring(reply_id: str) -> None:
    try:
        write_reply.delay(reply_id)
    except OperationalError as error:
        logger.warning("No worker could be rung for reply %s (%s); it waits.", reply_id, error)


@shared_task(name="parley.prove_alive", ignore_result=False)
def prove_alive() -> str:
    return f"alive on {socket.gethostname()}"
