"""Migrations since version 0.1 only add, so that the program before them goes on while they are applied."""

import importlib
import pkgutil

import pytest
from django.db import migrations, models

import parley.migrations
from tests.upgrades.old import NEWEST

SINCE = [name for _, name, _ in pkgutil.iter_modules(parley.migrations.__path__) if name > NEWEST]
ADDING = (migrations.CreateModel, migrations.AddIndex, migrations.AlterModelOptions)
NEW_TABLES = ("attachment", "attached")
"""Those that get constraints after they were made."""
JUDGED = {
    "0014_money": {
        "Raw Python operation": "fills columns that are new",
        "Alter field cost on call": "takes longer numbers",
        "Alter field day on call": "gets a default in the database",
        "Alter field purpose on call": "has one choice more",
        "Alter field owner on call": "may be empty",
        "Remove index parley_call_owner from call": "is replaced by a wider one",
    },
    "0019_attachment_search": {"Raw Python operation": "widens the index of the search"},
}
"""Operations that do not only add → why a program of before them goes on; ``test_rolling_upgrade`` shows it."""


@pytest.mark.parametrize("name", SINCE)
def test_a_migration_only_adds(name):
    operations = importlib.import_module(f"parley.migrations.{name}").Migration.operations
    changing = {operation.describe() for operation in operations if not adds(operation)}
    assert changing == JUDGED.get(name, {}).keys(), f"The program before {name} may fail"


def adds(operation):
    """Return whether a program that does not know the result can write rows as before."""
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return field.null or field.has_db_default() or bool(field.many_to_many)
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        return all(map(adds, [*operation.database_operations, *operation.state_operations]))
    if isinstance(operation, migrations.RunSQL):
        return " ADD COLUMN " in operation.sql and " DEFAULT " in operation.sql
    if isinstance(operation, migrations.AddConstraint):
        return operation.model_name in NEW_TABLES
    return isinstance(operation, ADDING)


@pytest.mark.parametrize(
    ("operation", "only_adds"),
    [
        (migrations.AddField("message", "x", models.TextField()), False),
        (migrations.AddField("message", "x", models.TextField(db_default="")), True),
        (migrations.AddField("message", "x", models.TextField(null=True)), True),
        (migrations.RemoveField("message", "x"), False),
        (migrations.RenameField("message", "x", "y"), False),
        (migrations.AddConstraint("message", models.UniqueConstraint(fields=["x"], name="x")), False),
        (migrations.RunSQL("UPDATE parley_message SET content = ''"), False),
    ],
)
def test_notices_what_an_older_program_cannot_do(operation, only_adds):
    assert adds(operation) is only_adds
