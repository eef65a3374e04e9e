"""Make an encryption key, or encrypt the keys of all connections under the first of ENCRYPTION_KEYS."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand, CommandError, CommandParser

from parley import encrypted
from parley.models import Connection


class Command(BaseCommand):
    help = "new: print an encryption key. rotate: encrypt all keys of connections under the first encryption key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("new", "rotate"))

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "new":
            self.stdout.write(Fernet.generate_key().decode())
            return
        if not encrypted.possible():
            raise CommandError("There is no encryption key: set PARLEY['ENCRYPTION_KEYS'].")
        lost = [row for row in Connection.objects.exclude(secret="") if not _rotate(row)]
        for row in lost:
            self.stderr.write(f"The key of “{row}” cannot be read: type it again, or put its encryption key back.")
        self.stdout.write("The first encryption key reads all others.")


def _rotate(row: Connection) -> bool:
    """Encrypt a secret anew unless it was changed meanwhile; return whether it could be read."""
    try:
        token = encrypted.rotated(row.secret)
    except encrypted.KeyLost:
        return False
    Connection.objects.filter(pk=row.pk, secret=row.secret).update(secret=token)
    return True
