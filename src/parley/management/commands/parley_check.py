"""Ask everything that a site needs whether it works."""

import argparse
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from parley.doctor import inside, outside


def seconds(text: str) -> float:
    """Parse a number of seconds above 0, at most an hour."""
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 3600 seconds")
    return value


def origin(text: str) -> str:
    """Parse the address of a site."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError("must be an address such as https://chat.example.org")
    return text


class Command(BaseCommand):
    help = "Ask database, stores, broker, worker, provider, files and disk; say what works, and what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", type=origin, help="also ask the site at this address, as a browser does")
        parser.add_argument("--timeout", type=seconds, default=10.0, help="seconds for a worker (default: %(default)g)")

    def handle(self, *args: Any, url: str | None, timeout: float, **options: Any) -> None:
        failed = 0
        for part in (*inside.parts(timeout), *(outside.parts(url) if url else ())):
            self.stdout.write(str(part))
            failed += not part.ok
        if failed:
            raise CommandError(f"{failed} of these do not work." if failed > 1 else "One of these does not work.")
