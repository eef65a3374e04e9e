"""List where the private storage and the rows that name its files disagree."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Q
from django.utils import timezone

from parley import files
from parley.models import Attachment, Transfer

AT_LEAST = timedelta(days=1)
"""How old a file must be to be deleted: that of an upload is there before its row."""


class Command(BaseCommand):
    help = "List strays, which are files that no row names, and files that are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="Delete strays that are older than a day.")

    def handle(self, *args: Any, delete: bool, **options: Any) -> None:
        expected, kept = set(_expected()), {*files.listed("attachments"), *files.listed("transfers")}
        strays = sorted(kept - set(_named()))
        missing = sorted((expected - kept) & set(_expected()))
        for name in missing:
            self.stdout.write(f"missing  {name}")
        for name in strays:
            deleted = delete and _is_old(name)
            if deleted:
                files.remove(name)
            self.stdout.write(f"{'deleted' if deleted else 'stray':8} {name}")
        self.stdout.write(f"{len(kept)} files, {len(strays)} without a row; {len(missing)} that rows name are missing.")


def _expected() -> Iterator[str]:
    """Yield the files that must be there."""
    yield from _names(Attachment.objects.usable(), "file", "picture", "thumb")
    there = Q(kind="export", status="done") | Q(kind="import", settled_at=None)
    yield from _names(Transfer.objects.filter(there), "file")


def _named() -> Iterator[str]:
    """Yield the files that may be there."""
    yield from _names(Attachment.objects.all(), "file", "picture", "thumb")
    yield from _names(Transfer.objects.all(), "file")


def _names(rows: Any, *columns: str) -> Iterable[str]:
    return (name for row in rows.values_list(*columns).iterator() for name in row if name)


def _is_old(name: str) -> bool:
    modified = files.storage().get_modified_time(name)
    return bool(modified < timezone.now() - AT_LEAST)
