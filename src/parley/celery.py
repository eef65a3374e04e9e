"""The Celery app that carries out Parley's tasks: one of its own, or the one that ``PARLEY["CELERY_APP"]`` names.

``celery -A parley worker`` and ``manage.py parley_worker`` start a worker of it.
"""

import os
import re
import sys
from typing import Any

from celery import Celery
from celery.fixups.django import fixup
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from kombu.utils.objects import cached_property

from .conf import conf
from .redis_url import for_celery

SHORT_RETRIES = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
OPTIONS: dict[str, Any] = {
    # A task only waits for the event loop of its process, in which all replies are written.
    "worker_pool": "threads",
    "worker_disable_prefetch": True,
    "worker_hijack_root_logger": False,
    # Every wait for the broker is short, so that no web request hangs while it is away.
    "broker_transport_options": {
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "max_retries": 1,
        # A task may be lost, since the row of a reply decides: no list of those that are not acknowledged, one queue.
        "ack_emulation": False,
        "priority_steps": [0],
    },
    "broker_connection_timeout": 2,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # A command that fails (a full disk, a failover) is tried again like a lost connection.
    "broker_channel_error_retry": True,
    "task_publish_retry_policy": SHORT_RETRIES,
    "redis_socket_connect_timeout": 1,
    "redis_socket_timeout": 2,
    "task_ignore_result": True,
    "result_backend_transport_options": {"retry_policy": SHORT_RETRIES},
    "result_backend_thread_safe": True,  # else each thread of the worker makes a client of its own
    "accept_content": ["json"],
    # A lost broker connection changes neither what runs (tasks are acknowledged early) nor how many tasks are taken.
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_enable_prefetch_count_reduction": False,
}
"""What a worker of Parley's tasks needs, in Celery's lower-case names; an app of yours takes it by ``add_defaults``."""


def options_below_settings() -> dict[str, Any]:
    """Return OPTIONS without what Django's settings say (``CELERY_…``): Celery lets defaults win over settings."""
    return {name: value for name, value in OPTIONS.items() if not hasattr(settings, f"CELERY_{name.upper()}")}


QUIET = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
"""Workers of Parley have nothing to say to each other: their heartbeat is a row of the database."""


class OwnApp(Celery):
    """Uses Parley's broker, whatever the environment names for another Celery app."""

    def connection_for_read(self, url: str | None = None, **kwargs: Any) -> Any:
        return self._connection(url or broker_url(), **kwargs)

    connection_for_write = connection_for_read

    @cached_property
    def Worker(self) -> Any:
        """Return what makes a worker of the options of a command line. Raises ImproperlyConfigured."""
        if conf.CELERY_APP:
            raise ImproperlyConfigured(f"PARLEY['CELERY_APP'] is {conf.CELERY_APP}: start a worker of that app.")
        self._fixups = [fixup(self)]
        worker: Any = super().Worker
        return lambda **options: worker(**{**options, **QUIET})


def broker_url() -> str:
    """Return the address of the broker of Parley's own app."""
    return for_celery(str(conf.BROKER_URL or getattr(settings, "CELERY_BROKER_URL", "") or conf.REDIS_URL))


def shown_broker() -> str:
    """Return the address of the broker in use without user and password, "" where no app can be asked."""
    try:
        return shown(current().connection_for_write().as_uri())
    except Exception:  # whatever the host's module raises
        return ""


def shown(address: str) -> str:
    """Return an address without user and password.

    >>> shown("redis://:secret@cache/0"), shown("amqp://me:secret@one//;amqp://two//")
    ('redis://cache/0', 'amqp://one//;amqp://two//')
    """
    return re.sub(r"//[^/;]*@", "//", str(address))


def _own_options() -> dict[str, Any]:
    """Keep the queue, and what workers say to each other, apart from those of any other app at the same broker."""
    if not settings.configured:  # Celery's command asks for an option before it looks for modules in this folder
        sys.path.insert(0, os.getcwd())
    names = ("task_default_queue", "control_exchange", "event_exchange", "event_queue_prefix")
    concurrency = {"worker_concurrency": conf.CONCURRENCY}
    return {**OPTIONS, **concurrency, **dict.fromkeys(names, conf.KEY_PREFIX), "broker_url": broker_url()}


app = OwnApp("parley", fixups=[], set_as_current=False)
"""The own app. Celery's fix-up for Django, which only a worker needs, would make it the default of all host code."""
app.config_from_object({"imports": ["parley.tasks"]})
app.add_defaults(_own_options)


def current() -> Celery:
    """Return the app that carries out Parley's tasks. Raises ImportError."""
    return import_string(conf.CELERY_APP) if conf.CELERY_APP else app
