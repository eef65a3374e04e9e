"""Ask again what failed or was interrupted, as after an outage of the provider."""

from argparse import ArgumentTypeError
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parley.models import Message
from parley.models.admission import Refused

AT_ONCE, MOST = 1000, 1_000_000


def hours(text: str) -> timedelta:
    """Read a number of hours. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 24 * 366:
        raise ArgumentTypeError(f"must be a number of hours, such as 2 or 0.5, not {text!r}")
    return timedelta(hours=number)


def replies(text: str) -> int:
    """Read how many replies at most. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MOST):
        raise ArgumentTypeError(f"must be a number of replies, such as 100, not {text!r}")
    return int(text)


class Command(BaseCommand):
    help = "Retry replies that failed, and continue those that were interrupted, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=hours, default=hours("1"), help="Hours to look back: 1, or for instance 12."
        )
        parser.add_argument("--error", help="Only those with this code, such as provider_unavailable.")
        parser.add_argument("--limit", type=replies, default=AT_ONCE, help=f"At most so many; {AT_ONCE} if not said.")
        parser.add_argument("--dry-run", action="store_true", help="Say how many there are, and ask nobody.")

    def handle(self, *args: Any, since: timedelta, error: str | None, limit: int, **options: Any) -> None:
        again = Message.objects.to_ask_again(timezone.now() - since, error)
        if options["dry_run"]:
            for code, number in sorted(Counter(again.values_list("error", flat=True)).items()):
                self.stdout.write(f"{code}: {number} replies")
            return
        done = Counter(_again(reply) for reply in again.select_related("conversation")[:limit])
        self.stdout.write(f"{done['asked']} replies are asked again, {done['refused']} were refused, ", ending="")
        self.stdout.write(f"{done['gone']} are not as they were.")


def _again(reply: Message) -> str:
    """Ask once more, after its text where it has some → asked, refused by a limit of its person, or gone."""
    try:
        asked = reply.resume() if reply.can_resume else reply.retry()
    except Refused:
        return "refused"
    return "asked" if asked else "gone"
