"""Show whether a Celery worker carries out tasks, for people who set up a deployment."""

import argparse
from typing import Any

from celery.exceptions import TimeoutError as WaitedTooLong
from celery.result import AsyncResult
from django.core.management.base import BaseCommand, CommandError, CommandParser
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from parley.tasks import ping

NOBODY = "No worker answered within {timeout:g} seconds: start one with `celery -A PROJECT worker --pool threads`."
BROKER = "The message broker or the result store cannot be reached: {error}"


def seconds(text: str) -> float:
    """Parse a number of seconds above 0, at most an hour."""
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 3600 seconds")
    return value


class Command(BaseCommand):
    help = "Send a task to a Celery worker, wait for it, and print its state and result."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--timeout", type=seconds, default=10.0, help="seconds to wait (default: %(default)g)")

    def handle(self, *args: Any, timeout: float, **options: Any) -> None:
        try:
            self._ask(timeout)
        except WaitedTooLong as error:
            raise CommandError(NOBODY.format(timeout=timeout)) from error
        except (OperationalError, RedisError, RuntimeError, OSError) as error:
            raise CommandError(BROKER.format(error=" ".join(str(error).split()))) from error

    def _ask(self, timeout: float) -> None:
        sent: AsyncResult = ping.apply_async(expires=timeout)
        self.stdout.write(f"task:   {sent.id}")
        result = sent.get(timeout=timeout)
        self.stdout.write(f"state:  {sent.state}")
        self.stdout.write(f"result: {result}")
