"""Which migrations of a database this version does not know: a later version has changed it."""

from collections.abc import Iterable, Set
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import connections
from django.db.migrations.loader import MigrationLoader


def unknown_migrations(connection: Any) -> list[str]:
    """Return the migrations of installed apps that were applied, but are not part of this version, sorted."""
    loader = MigrationLoader(connection)
    replaced: Set[tuple[str, str]] = {name for each in loader.disk_migrations.values() for name in each.replaces}
    known = loader.disk_migrations.keys() | replaced
    applied = {(app, name) for app, name in loader.applied_migrations if app in loader.migrated_apps}
    return sorted(f"{app}.{name}" for app, name in applied - known)


def newer_database(databases: Iterable[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Warn of a database that a later version of Parley has changed; ``databases``: None where none may be asked."""
    unknown = [name for each in databases or () for name in unknown_migrations(connections[each])]
    ours = [name for name in unknown if name.startswith("parley.")]
    words = f"The database is newer than this version of Parley, which does not know its {', '.join(ours)}."
    hint = "Install the version that changed it or a later one, or restore a backup of this version."
    return [Warning(words, hint=hint, id="parley.W013")] if ours else []
