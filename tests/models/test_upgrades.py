"""Which migrations of a database an older program does not know."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from parley.applied import newer_database, unknown_migrations
from parley_server import upgrades

pytestmark = pytest.mark.django_db


def test_knows_all_that_it_has_made_itself():
    assert unknown_migrations(connection) == []
    upgrades.refuse_newer()


def test_names_what_a_later_version_has_made():
    for app, name in [("parley", "9999_later"), ("auth", "9998_later"), ("of_a_host", "0001_initial")]:
        MigrationRecorder(connection).record_applied(app, name)
    assert unknown_migrations(connection) == ["auth.9998_later", "parley.9999_later"]
    with pytest.raises(upgrades.IsNewer, match=r"does not know its parley\.9999_later: start the version"):
        upgrades.refuse_newer()


def test_knows_those_that_one_migration_replaces(monkeypatch):
    MigrationRecorder(connection).record_applied("parley", "0000_of_old")
    loaded = MigrationLoader(connection).disk_migrations
    monkeypatch.setattr(type(loaded["parley", "0001_initial"]), "replaces", [("parley", "0000_of_old")], raising=False)
    assert unknown_migrations(connection) == []


def test_a_host_is_warned_by_a_check_of_the_database():
    assert newer_database() == newer_database(["default"]) == []
    MigrationRecorder(connection).record_applied("auth", "9998_later")
    assert newer_database(["default"]) == []
    MigrationRecorder(connection).record_applied("parley", "9999_later")
    [warning] = newer_database(["default"])
    assert (warning.id, "its parley.9999_later." in warning.msg) == ("parley.W013", True)
    assert warning in run_checks(tags=[Tags.database], databases=["default"])
    assert newer_database() == []
