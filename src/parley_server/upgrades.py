"""Refuse to run an older version of the program on the database of a newer one."""

from importlib.metadata import PackageNotFoundError, version

import django
from django.db import connection

from parley.applied import unknown_migrations


class IsNewer(Exception):
    """Says in one sentence that a newer version of the program has changed the database."""


def refuse_newer() -> None:
    """Raise IsNewer where the database has migrations that this version does not know."""
    django.setup(set_prefix=False)
    if unknown := unknown_migrations(connection):
        raise IsNewer(
            f"The database is newer than this version of Parley ({running_version()}), which does not know its "
            f"{unknown[-1]}: start the version that changed it or a later one, or restore a backup of this version."
        )


def running_version() -> str:
    """Return the version that is installed; a clone has none."""
    try:
        return version("django-parley")
    except PackageNotFoundError:
        return "from source"
