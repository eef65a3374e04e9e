"""Sends signals to the host from a thread of their own, so that no receiver can delay or harm a reply."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Full, Queue
from typing import Any

from django.db import close_old_connections
from django.dispatch import Signal

from parley.models import Message

logger = logging.getLogger(__name__)

MAX_WAITING = 1000


class Announcer:
    """Sends signals in the order of the calls; what slow receivers let pile up beyond ``MAX_WAITING`` is dropped."""

    def __init__(self) -> None:
        self._waiting: Queue[tuple[Signal, dict[str, Any]]] = Queue(MAX_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._at_once = False

    def __call__(self, signal: Signal, **facts: Any) -> None:
        """Queue a signal and return at once; costs nothing where nobody listens."""
        if not signal.has_listeners(Message):
            return
        if self._at_once:
            signal.send_robust(sender=Message, **facts)
            return
        self._start()
        try:
            self._waiting.put_nowait((signal, facts))
        except Full:
            of = facts.get("reply") or facts["call"]
            logger.error("Receivers of signals are too slow: one signal of reply %s is dropped.", of.pk)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Send in the thread of the caller: for tests, whose transaction no other thread sees."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def wait(self, seconds: float) -> None:
        """Wait until receivers have had all queued signals, at most ``seconds``."""
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, seconds)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="parley-signals", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            signal, facts = self._waiting.get()
            close_old_connections()
            signal.send_robust(sender=Message, **facts)  # which logs what a receiver raises
            self._waiting.task_done()


announce = Announcer()
