"""Say what the rules of retention would delete, or delete it now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parley.models import retention


class Command(BaseCommand):
    help = "Delete the conversations that the rules of retention are for; workers do so once an hour by themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say how many each rule would delete, and keep all.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if dry_run:
            return self._count()
        deleted = 0
        while some := retention.apply(timezone.now()):
            deleted += some
        self.stdout.write(f"{deleted} conversations were deleted; they are gone for good within minutes.")

    def _count(self) -> None:
        for rule, number in retention.counted(timezone.now()):
            self.stdout.write(f"{rule}: {number} conversations")
        people = retention.RetentionHold.objects.count()
        self.stdout.write(f"Nothing was deleted. Everything is kept of {people} people.")
