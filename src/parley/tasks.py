"""Celery tasks, and the worker process that runs them."""

import logging
import socket
import threading
from contextlib import closing, suppress
from functools import partial
from typing import Any
from uuid import UUID

from celery import bootsteps
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.db import connection

from . import celery, redis
from .attachments import reading
from .conf import conf
from .delivery.notify import notify_from
from .delivery.stream_log import LogWriter
from .generation import catalogue, probe
from .generation.worker import Loop
from .models import Connection
from .models.locks import DATABASE_AWAY
from .provider import Provider
from .redis import ONCE, async_connection
from .requests import offers_of
from .transfer import jobs

logger = logging.getLogger(__name__)
app = celery.current()
task = partial(app.task, shared=False)
"""Other apps that look for tasks find none here, and their workers do nothing of ours."""

_lock = threading.Lock()
_loop: Loop | None = None
_ending = threading.Event()
"""Set once somebody has asked this worker to end."""


@task(name="parley.write_reply", ignore_result=True)
def write_reply(reply_id: str) -> str:
    """Write a pending reply, and return its status; harmless when it is sent twice."""
    return writing_loop().write(UUID(reply_id))


@task(name="parley.refresh_models", ignore_result=True)
def refresh_models(slug: str = "") -> None:
    """Ask a connection, by default the provider of the settings, for its models; nobody, before one is chosen."""
    of_the_settings = [] if conf.is_unset else [conf.provider]
    for provider in _connections(slug=slug) if slug else of_the_settings:
        catalogue.refresh(provider)


def _connections(**which: Any) -> list[Provider]:
    """Return the connections that are on, and whose key can be read."""
    return [row.provider for row in Connection.objects.filter(enabled=True, **which) if not row.key_lost]


@task(name="parley.test_connection", ignore_result=True)
def test_connection(connection_id: str, model: str) -> None:
    """Carry out the test that was begun of a connection; see generation.probing."""
    probe.carry_out(UUID(connection_id), model, writing_loop().run)


@task(name="parley.run_transfer", ignore_result=True)
def run_transfer(transfer_id: str) -> str:
    """Carry out the export or import whose turn it is; harmless when it is sent twice."""
    return jobs.run(writing_loop().worker_id)


@task(name="parley.read_attachment", ignore_result=True)
def read_attachment(attachment_id: str) -> str:
    """Read the attachment whose turn it is; harmless when it is sent twice."""
    return reading.run(writing_loop().worker_id)


@task(name="parley.ping", ignore_result=False)
def ping(key: str = "") -> str:
    """Return a sentence that a worker is alive, and where; leave it in Valkey too for who waits at a key."""
    words = f"alive on {socket.gethostname()}"
    if key:
        words += f" as {_loop.worker_id}" if _loop else ""
        redis.leave(key, words)
    return words


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
            _hand_jobs_over()
            if _loop is not None:
                _loop.end_soon(grace=0)


@worker_init.connect
def _prepare(sender: Any, **kwargs: object) -> None:
    if sender.app is app:
        sender.app.steps["worker"].add(HandOver)


@worker_ready.connect
def _start(sender: Any, **kwargs: object) -> None:
    """Start the loop in an idle worker, too: it has a heartbeat and sweeps."""
    if sender.app is not app:
        return
    writing_loop()
    with suppress(*DATABASE_AWAY), closing(connection):
        offers_of([conf.provider, *_connections(owner=None)])


def _hand_jobs_over() -> None:
    for runner in (jobs.runner, reading.runner):
        runner.end_soon()


@worker_shutting_down.connect
def _end_soon(**kwargs: object) -> None:
    _ending.set()
    _hand_jobs_over()
    if _loop is not None:
        _loop.end_soon()


@worker_shutdown.connect
def _end(**kwargs: object) -> None:
    if _loop is not None:
        _loop.end()
