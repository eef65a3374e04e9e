"""Celery tasks, and the worker process that runs them."""

import logging
import socket
import threading
from typing import Any
from uuid import UUID

from celery import bootsteps, shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down

from .conf import conf
from .delivery.notify import notify_from
from .delivery.stream_log import LogWriter
from .generation import catalogue
from .generation.worker import Loop
from .redis import ONCE, async_connection
from .requests import offered_models
from .transfer import jobs

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loop: Loop | None = None
_ending = threading.Event()
"""Set once somebody has asked this worker to end."""


@shared_task(name="parley.write_reply", ignore_result=True)
def write_reply(reply_id: str) -> str:
    """Write a pending reply, and return its status; harmless when it is sent twice."""
    return writing_loop().write(UUID(reply_id))


@shared_task(name="parley.refresh_models", ignore_result=True)
def refresh_models() -> None:
    """Ask the provider for its models."""
    catalogue.refresh(conf.provider)


@shared_task(name="parley.run_transfer", ignore_result=True)
def run_transfer(transfer_id: str) -> str:
    """Carry out a waiting export or import; harmless when it is sent twice."""
    return jobs.run(UUID(transfer_id), writing_loop().worker_id)


@shared_task(name="parley.ping", ignore_result=False)
def ping() -> str:
    """Return a sentence that a worker is alive, and where."""
    return f"alive on {socket.gethostname()}"


# The worker process


def writing_loop() -> Loop:
    """Return the event loop of this process, started at its first use."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = Loop(lambda: LogWriter(async_connection(again=ONCE)))
            notify_from(_loop.events)
        return _loop


class HandOver(bootsteps.StartStopStep):
    """Hands over running replies when the consumer has ended by itself, so that the process can end and be restarted.

    Celery waits for running tasks before it ends: until the longest answer was written, the process would stay alive,
    send heartbeats, and take no question.
    """

    requires = ("celery.worker.components:Pool",)

    def close(self, worker: object) -> None:
        if not _ending.is_set():
            logger.error("This worker takes no more tasks: it hands over what it writes, and ends.")
            jobs.end_soon()
            if _loop is not None:
                _loop.end_soon(grace=0)


@worker_init.connect
def _prepare(sender: Any, **kwargs: object) -> None:
    sender.app.steps["worker"].add(HandOver)


@worker_ready.connect
def _start(**kwargs: object) -> None:
    """Start the loop in an idle worker, too: it has a heartbeat and sweeps."""
    writing_loop()
    offered_models()


@worker_shutting_down.connect
def _end_soon(**kwargs: object) -> None:
    _ending.set()
    jobs.end_soon()
    if _loop is not None:
        _loop.end_soon()


@worker_shutdown.connect
def _end(**kwargs: object) -> None:
    if _loop is not None:
        _loop.end()
