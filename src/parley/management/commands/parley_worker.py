"""Start a worker that writes the replies."""

from contextlib import suppress
from typing import Any

from celery.signals import worker_ready
from click import Abort
from django.core.management.base import BaseCommand, CommandParser

from parley import celery


class Command(BaseCommand):
    help = "Start a worker, which writes replies until it is asked to end. `celery -A parley worker` does the same."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loglevel", default="WARNING", help="what Celery logs (default: %(default)s)")

    def handle(self, *args: Any, loglevel: str, **options: Any) -> None:
        worker_ready.connect(self._announce, weak=False)
        with suppress(Abort):  # somebody interrupts its start
            celery.current().worker_main(["--quiet", "worker", "--loglevel", loglevel])

    def _announce(self, sender: Any, **kwargs: object) -> None:
        at_once = sender.app.conf.worker_concurrency
        self.stdout.write(f"The worker is ready, and writes up to {at_once} replies at once.")
        self.stdout.flush()
