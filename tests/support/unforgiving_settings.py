"""The product's settings with a worker whose consumer ends when Valkey refuses a command, as Celery's own do."""

from tests.support.changed_settings import *  # noqa: F403

CELERY_BROKER_CHANNEL_ERROR_RETRY = False
