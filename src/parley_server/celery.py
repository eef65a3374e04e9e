"""The Celery application of the standalone project."""

import gc
import os
from typing import Any

from celery import Celery
from celery.apps import worker as celery_worker
from celery.signals import worker_init, worker_ready
from django.conf import settings

from parley.celery import options_below_settings
from parley_server import json_logs

YOUNG = 10_000
"""New objects after which Python looks for garbage among them, and not after 700: there is hardly any."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parley_server.settings")

app = Celery("parley_server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.add_defaults(options_below_settings)
app.autodiscover_tasks()


def freeze(**kwargs: Any) -> None:
    """Look for garbage less often, and no more in what was loaded, which stays: that took up to 0.15 s each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


worker_ready.connect(freeze)


def say_as_json(**kwargs: Any) -> None:
    """Have what Celery writes past its logs be JSON as well, where logs are."""
    if settings.LOG_FORMAT == "json":
        celery_worker.safe_say = json_logs.say


worker_init.connect(say_as_json)
