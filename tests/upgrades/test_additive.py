"""Migrations since version 0.1 only add, so that the program before them goes on while they are applied."""

import importlib
import pkgutil

import pytest
from django.db import migrations, models

import parley.migrations
from tests.upgrades.old import NEWEST

SINCE = [name for _, name, _ in pkgutil.iter_modules(parley.migrations.__path__) if name > NEWEST]
ADDING = (migrations.CreateModel, migrations.AddIndex, migrations.AlterModelOptions)
NOT_ADDITIVE: dict[str, str] = {}
"""A migration that cannot only add → what docs/upgrading.md says of it."""


@pytest.mark.parametrize("name", SINCE)
def test_a_migration_only_adds(name):
    operations = importlib.import_module(f"parley.migrations.{name}").Migration.operations
    changing = [operation.describe() for operation in operations if not adds(operation)]
    assert changing == [] or name in NOT_ADDITIVE, f"The program before {name} may fail: {changing}"


def adds(operation):
    """Return whether a program that does not know the result can write rows as before."""
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return field.null or field.has_db_default() or bool(field.many_to_many)
    return isinstance(operation, ADDING)


@pytest.mark.parametrize(
    ("operation", "only_adds"),
    [
        (migrations.AddField("message", "x", models.TextField()), False),
        (migrations.AddField("message", "x", models.TextField(db_default="")), True),
        (migrations.AddField("message", "x", models.TextField(null=True)), True),
        (migrations.RemoveField("message", "x"), False),
        (migrations.RenameField("message", "x", "y"), False),
        (migrations.RunSQL("UPDATE parley_message SET content = ''"), False),
    ],
)
def test_notices_what_an_older_program_cannot_do(operation, only_adds):
    assert adds(operation) is only_adds
